// A place in a structured header field body, moved over comments, keywords, and values.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace postern::authres {

/// Only moves forward, so that whatever is built of its calls is linear. Borrows the text.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] bool is_end() const { return at_ == text_.size(); }
  /// The next octet, or NUL at the end.
  [[nodiscard]] char peek() const { return is_end() ? '\0' : text_[at_]; }

  /// Whether a comment or quoted-string had no end. The cursor is then at the end of the text.
  [[nodiscard]] bool is_broken() const { return is_broken_; }

  /// Passes comments and folding white space (CFWS, RFC 5322 §3.2.2).
  void skip_cfws();

  /// Passes `c` if it is next.
  bool take(char c);

  /// Letters, digits, hyphens, and underscores from here on, in lower case; may be empty.
  std::string take_keyword();

  /// A decimal number, or nothing if there is none or it exceeds `max`.
  std::optional<unsigned> take_number(unsigned max);

  /// A token (RFC 2045 §5.1), in which octets above 0x7f may stand too (RFC 6532 §3.2), or one
  /// quoted-string; may be empty.
  std::string take_value();

  /// Everything up to white space, ";", or a comment, with quoted-strings anywhere in it: a pvalue
  /// as it is written in practice; may be empty.
  std::string take_loose_value();

  /// Goes to the next ";" outside comments and quoted-strings, or to the end.
  void skip_statement();

 private:
  void append_quoted(std::string& value);

  std::string_view text_;
  std::size_t at_ = 0;
  bool is_broken_ = false;
};

}  // namespace postern::authres
