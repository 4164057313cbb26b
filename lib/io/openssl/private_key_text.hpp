// From the text of a private key file to its octets: PEM armour and base64.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"

namespace postern::io {

/// Octets in OpenSSL's secure heap, or in its ordinary heap without one. Wiped when they go.
class SecretBytes {
 public:
  /// Zeros. Throws std::bad_alloc when the heap is full.
  explicit SecretBytes(std::size_t size);
  ~SecretBytes();
  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;

  [[nodiscard]] unsigned char* data() { return data_; }
  [[nodiscard]] const unsigned char* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  /// Forgets the octets behind `size`, which is at most size().
  void shrink(std::size_t size) { size_ = size; }

 private:
  std::size_t capacity_;
  std::size_t size_;
  unsigned char* data_;  // nothing after a move
};

/// What a key file holds.
struct PrivateKeyText {
  enum class Form {
    pkcs8,  ///< PEM "PRIVATE KEY".
    pkcs1,  ///< PEM "RSA PRIVATE KEY".
    bare    ///< Base64 without armour: what it is shows in the octets.
  };
  Form form = Form::bare;
  SecretBytes bytes;
};

/// Takes off the armour.
/// \return An error, as of parse_private_key, for text that is neither, for an encrypted key, for
///         PEM of another kind, and for more than one private key.
[[nodiscard]] Expected<PrivateKeyText, std::string> decode_private_key_text(std::string_view text);

}  // namespace postern::io
