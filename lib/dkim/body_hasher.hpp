// All body hashes of one message in one pass over it (RFC 6376 §3.4.3 to §3.4.5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "lib/dkim/crypto.hpp"

namespace postern::dkim {

enum class Canonicalization { simple, relaxed };

/// Hashes a body, given in pieces of any size, for every (canonicalization, length) asked for.
/// What DKIM and ARC signatures share is hashed once.
class BodyHasher {
 public:
  explicit BodyHasher(const Crypto& crypto);
  ~BodyHasher();
  BodyHasher(const BodyHasher&) = delete;
  BodyHasher& operator=(const BodyHasher&) = delete;

  /// Asks for a hash, before the first update().
  /// \param length  l=: octets of the canonicalized body that count; nothing for all.
  /// \return What to hand to digest(); equal requests share one.
  std::size_t request(Canonicalization canonicalization, std::optional<std::uint64_t> length);

  /// \param bytes  The next piece of the body with CRLF line ends. Bare CR and LF are data.
  void update(std::string_view bytes);
  void finish();

  /// After finish().
  [[nodiscard]] const Digest& digest(std::size_t request) const;
  /// Octets of the whole canonicalized body, to compare with l=. After finish().
  [[nodiscard]] std::uint64_t size(Canonicalization canonicalization) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace postern::dkim
