// Tokens of address fields (RFC 5322 §3.2 and §4.1), and what is odd about their octets.
#pragma once

#include <cstddef>
#include <string_view>

#include "lib/mail/defect.hpp"

namespace postern::mail {

enum class TokenKind {
  atom,     ///< Atom characters, dots, octets above 127, and control characters other than blanks.
  quoted,   ///< A quoted-string with its quotes.
  literal,  ///< A domain-literal with its brackets.
  special,  ///< One of ()<>[]:;@\," that begins none of the above.
  end,      ///< Of the text.
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::string_view raw;
  bool after_blank = false;  ///< White space or a comment stands before it.

  [[nodiscard]] bool is(char special) const {
    return kind == TokenKind::special && raw.front() == special;
  }
};

/// Cuts a field body into tokens. Views borrow from the text.
class AddressLexer {
 public:
  explicit AddressLexer(std::string_view text) : text_(text) {}

  [[nodiscard]] Token next();
  /// What is inside the comment that was skipped last; empty if there was none.
  [[nodiscard]] std::string_view last_comment() const { return last_comment_; }
  void forget_comment() { last_comment_ = {}; }
  /// Whether a comment, quoted-string, or literal never ended.
  [[nodiscard]] bool has_unclosed() const { return has_unclosed_; }
  /// Offset behind the token given last.
  [[nodiscard]] std::size_t offset() const { return at_; }

 private:
  bool skip_blank();

  std::string_view text_;
  std::size_t at_ = 0;
  std::string_view last_comment_;
  bool has_unclosed_ = false;
};

/// NUL, control characters, line ends that are no folding, and octets above 127 in a text.
[[nodiscard]] Defects octet_defects(std::string_view text);

}  // namespace postern::mail
