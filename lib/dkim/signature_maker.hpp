// What making a DKIM-Signature and making an ARC-Message-Signature have in common.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/dkim/body_hasher.hpp"
#include "lib/dkim/crypto.hpp"
#include "lib/dkim/signing_key.hpp"
#include "lib/dkim/signing_policy.hpp"
#include "lib/dkim/tag_writer.hpp"
#include "lib/mail/header_section.hpp"

namespace postern::dkim {

/// Octets that the names of h= may have together. A message with more, by hundreds of fields of
/// one name, gets no signature: one over some of them would say nothing about the others, and a
/// field that is longer no verifier need read (Limits::signature_field_size).
inline constexpr std::size_t max_names_size = 12'000;

/// The header fields that a signature covers.
struct SignedFields {
  std::vector<std::string> names;        ///< For h=, in lower case; empty when they are too many.
  std::vector<std::uint32_t> positions;  ///< Of those that are there, in the order of `names`.
};

/// Chooses the fields of a message: From, oversigned, then the names of the policy, each as often
/// as the message has it, from the bottom up (RFC 6376 §5.4.2).
[[nodiscard]] SignedFields select_fields(const mail::HeaderSection& header,
                                         const SigningPolicy& policy);

/// The signature, base64, over what `hasher` has had so far and the field itself, whose body ends
/// in an empty b= (RFC 6376 §3.7). `hasher` stays as it is.
[[nodiscard]] std::string sign_field(const Hasher& hasher, std::string_view field_name,
                                     std::string_view body, const PrivateKey& key);

/// The tag before all others: v=1, or i= of an ARC set.
struct FirstTag {
  std::string_view name;
  std::string value;
};

/// Makes relaxed/relaxed signatures of one message, which share its hashes. Borrows all that it is
/// given; for one thread.
class SignatureMaker {
 public:
  /// To be made before the body comes.
  SignatureMaker(const mail::HeaderSection& header, const Crypto& crypto, BodyHasher& body,
                 SignedFields fields);

  /// Whether make() may be called.
  [[nodiscard]] bool can_sign() const { return !fields_.names.empty(); }

  /// The body of one field, after the body hasher has finished.
  ///
  /// \param now       Seconds since the epoch, for t=.
  /// \param lifetime  As in SigningPolicy.
  [[nodiscard]] std::string make(std::string_view field_name, const FirstTag& first,
                                 const SigningKey& key, std::int64_t now,
                                 std::optional<std::int64_t> lifetime);

 private:
  [[nodiscard]] const Hasher& header_hash();

  const mail::HeaderSection& header_;
  const Crypto& crypto_;
  const BodyHasher& body_;
  SignedFields fields_;
  std::size_t body_request_;
  std::unique_ptr<Hasher> header_hash_;  // over the signed fields; nothing before the first make()
};

/// a= of a signature with that key.
[[nodiscard]] std::string_view to_algorithm(PublicKey::Type type);

/// t= of a signature made at that time; what no 12 digits can say becomes the nearest that they
/// can.
[[nodiscard]] std::string to_time(std::int64_t now);

}  // namespace postern::dkim
