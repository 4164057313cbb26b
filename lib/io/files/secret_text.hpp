// The content of a file that nobody else may know: wiped from memory when it goes.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"

namespace postern::io {

/// Movable, never copied.
class SecretText {
 public:
  SecretText() = default;
  explicit SecretText(std::size_t capacity);
  SecretText(SecretText&& other) noexcept;
  SecretText& operator=(SecretText&& other) noexcept;
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
  ~SecretText();

  /// Valid as long as the object.
  [[nodiscard]] std::string_view view() const { return {text_.get(), size_}; }

  /// Reads from a file descriptor to its end, past the standard library and its buffers.
  /// \return An errno; 0 when done; EFBIG when there is more than the capacity.
  [[nodiscard]] int read_all(int descriptor);

 private:
  void wipe() noexcept;

  std::unique_ptr<char[]> text_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
};

/// The whole content of a regular file of the operator, of any owner and mode.
/// \return An error "FILE: problem".
[[nodiscard]] Expected<SecretText, std::string> read_secret_file(const std::string& file,
                                                                 std::size_t max_size);

}  // namespace postern::io
