// Signs and seals messages for tests; never part of a program.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/dkim/signature.hpp"
#include "tests/support/dkim_message.hpp"

namespace postern::test {

/// A fresh key pair. Making RSA keys takes a while: share them between tests.
class SigningKey {
 public:
  static SigningKey rsa(unsigned bits);
  static SigningKey ed25519();

  /// "v=DKIM1; k=...; p=..." for DNS.
  [[nodiscard]] std::string record() const;
  [[nodiscard]] std::string sign(const dkim::Digest& digest) const;
  [[nodiscard]] std::string_view algorithm() const;

  /// Two keys that all tests of a program share.
  static const SigningKey& shared_rsa();
  static const SigningKey& shared_ed25519();

 private:
  struct Pair;
  explicit SigningKey(std::shared_ptr<Pair> pair) : pair_(std::move(pair)) {}
  std::shared_ptr<Pair> pair_;
};

/// What a signature field shall say. The text of the tags can be made wrong on purpose.
struct SigningRequest {
  std::string field_name = "DKIM-Signature";
  std::string version = "v=1";  ///< The first tag; "i=1" for ARC-Message-Signature.
  std::string algorithm;        ///< Empty: that of the key.
  std::string domain = "attack.example";
  std::string selector = "sel";
  std::string extra;  ///< More tags, such as "; x=5".
  dkim::Canonicalization header = dkim::Canonicalization::relaxed;
  dkim::Canonicalization body = dkim::Canonicalization::relaxed;
  std::vector<std::string> names = {"from", "to", "subject", "date"};
  std::optional<std::uint64_t> length;
};

/// Puts a signature on top of the message.
void sign(Message& message, const SigningKey& key, const SigningRequest& request,
          const dkim::Crypto& crypto);

/// Puts a whole ARC set on top: results, message signature, seal over all sets so far.
/// \param validation  cv= of the seal.
void seal(Message& message, const SigningKey& key, unsigned instance, std::string_view validation,
          const dkim::Crypto& crypto);

/// A key record with an RSA key of these numbers, which need not be a key anybody has.
[[nodiscard]] std::string rsa_record(std::string_view modulus, std::string_view exponent);

/// An odd number of that many bits, big-endian.
[[nodiscard]] std::string odd_number(unsigned bits);

}  // namespace postern::test
