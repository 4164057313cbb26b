// Passwords as a person gives them: typed twice without echo, or as the only line of a file.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"

namespace postern::io {

/// One line, wiped from memory when it goes. Movable, never copied.
class SecretLine {
 public:
  SecretLine() : text_(std::make_unique<Text>()) {}
  SecretLine(SecretLine&&) noexcept = default;
  SecretLine& operator=(SecretLine&&) = delete;
  SecretLine(const SecretLine&) = delete;
  SecretLine& operator=(const SecretLine&) = delete;
  ~SecretLine();

  /// Valid as long as the object.
  [[nodiscard]] std::string_view view() const { return {text_->data(), size_}; }
  /// \return Whether there was room for it.
  [[nodiscard]] bool add(char c);
  void drop_last();
  void clear() { size_ = 0; }

 private:
  using Text = std::array<char, 1024>;

  std::unique_ptr<Text> text_;
  std::size_t size_ = 0;
};

/// Reads the only line of a file.
/// \param file  "-": standard input.
[[nodiscard]] Expected<SecretLine, std::string> read_password_file(const std::string& file);

/// Asks for a password twice at the terminal of this process.
/// \param what  Whose password it is.
[[nodiscard]] Expected<SecretLine, std::string> ask_password(const std::string& what);

}  // namespace postern::io
