#include "lib/mail/address_lexer.hpp"

#include "lib/base/ascii.hpp"
#include "lib/mail/lexical.hpp"
#include "lib/mail/utf8.hpp"

namespace postern::mail {
namespace {

constexpr std::string_view specials = "()<>[]:;@\\,\"";

bool is_atom_char(char c) {
  return !ascii::is_space(c) && specials.find(c) == specials.npos;
}

constexpr bool is_control(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return (octet < 0x20 && c != '\t') || octet == 0x7f;
}

// A domain-literal ends at the first "]" (RFC 5322 §3.4.1); inside it may be anything but "[".
std::size_t literal_end(std::string_view text, std::size_t at) {
  const std::size_t end = text.find_first_of("[]", at + 1);
  return end != text.npos && text[end] == ']' ? end + 1 : text.npos;
}

}  // namespace

bool AddressLexer::skip_blank() {
  const std::size_t begin = at_;
  while (at_ < text_.size()) {
    if (text_[at_] == '(') {
      const Skipped comment = skip_comment(text_, at_);
      if (!comment.is_closed) has_unclosed_ = true;
      const std::size_t end = comment.end - (comment.is_closed ? 1 : 0);
      last_comment_ = text_.substr(at_ + 1, end - at_ - 1);
      at_ = comment.end;
    } else if (ascii::is_space(text_[at_])) {
      ++at_;
    } else {
      break;
    }
  }
  return at_ > begin;
}

Token AddressLexer::next() {
  Token token;
  token.after_blank = skip_blank();
  const std::size_t begin = at_;
  if (at_ == text_.size()) return token;
  const char c = text_[at_];
  token.kind = TokenKind::special;
  ++at_;
  if (c == '"') {
    const Skipped quoted = skip_quoted_string(text_, begin);
    if (!quoted.is_closed) has_unclosed_ = true;
    if (quoted.is_closed) token.kind = TokenKind::quoted;
    at_ = quoted.end;
  } else if (c == '[') {
    const std::size_t end = literal_end(text_, begin);
    if (end != text_.npos) {
      token.kind = TokenKind::literal;
      at_ = end;
    }
  } else if (is_atom_char(c)) {
    token.kind = TokenKind::atom;
    while (at_ < text_.size() && is_atom_char(text_[at_])) ++at_;
  }
  token.raw = text_.substr(begin, at_ - begin);
  return token;
}

Defects octet_defects(std::string_view text) {
  Defects defects;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\0') {
      defects.add(Defect::nul);
    } else if (c == '\r' || c == '\n') {
      if (c == '\r' && at + 1 < text.size() && text[at + 1] == '\n') ++at;
      const bool is_fold = at + 1 < text.size() && ascii::is_blank(text[at + 1]);
      if (!is_fold && at + 1 < text.size()) defects.add(Defect::bare_newline);
    } else if (is_control(c)) {
      defects.add(Defect::control);
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      const Utf8Char utf8 = first_utf8_char(text.substr(at));
      defects.add(utf8.is_valid ? Defect::eight_bit : Defect::invalid_utf8);
      at += utf8.size - 1;
    }
  }
  return defects;
}

}  // namespace postern::mail
