// All body hashes of one message in one pass over it (RFC 6376 §3.4.3 to §3.4.5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "lib/dkim/body_canonicalizer.hpp"
#include "lib/dkim/crypto.hpp"

namespace postern::dkim {

/// Hashes a body, given in pieces of any size, for every (canonicalization, length) asked for.
/// What DKIM and ARC signatures share is hashed once: there is one running hash for each
/// canonicalization, and a length is a copy of it at the right moment.
class BodyHasher {
 public:
  /// \param crypto  Borrowed.
  explicit BodyHasher(const Crypto& crypto);
  ~BodyHasher();
  BodyHasher(const BodyHasher&) = delete;
  BodyHasher& operator=(const BodyHasher&) = delete;

  /// Asks for a hash, before the first update().
  /// \param length  l=: octets of the canonicalized body that count; nothing for all.
  /// \return What to hand to digest(); equal requests share one.
  std::size_t request(Canonicalization canonicalization, std::optional<std::uint64_t> length);

  /// Whether anybody asked: without requests the body need not be given.
  [[nodiscard]] bool has_requests() const;

  /// \param bytes  The next piece of the body with CRLF line ends. Bare CR and LF are data.
  void update(std::string_view bytes);
  void finish();

  /// After finish(). A length beyond the body gives the hash of all of it.
  [[nodiscard]] const Digest& digest(std::size_t request) const;
  /// Octets of the whole canonicalized body, to compare with l=. After finish(); 0 for a
  /// canonicalization that nobody asked for.
  [[nodiscard]] std::uint64_t size(Canonicalization canonicalization) const;

 private:
  class Lane;
  struct Request {
    Canonicalization canonicalization;
    std::optional<std::uint64_t> length;
    Digest digest;
  };
  [[nodiscard]] std::unique_ptr<Lane>& lane(Canonicalization canonicalization);

  const Crypto& crypto_;
  std::vector<Request> requests_;
  std::unique_ptr<Lane> simple_;  // nothing while not asked for, likewise relaxed_
  std::unique_ptr<Lane> relaxed_;
};

}  // namespace postern::dkim
