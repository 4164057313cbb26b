// A place in a structured header field body, moved over comments, keywords, and values.
#include "lib/authres/cursor.hpp"

#include "lib/base/ascii.hpp"

namespace postern::authres {
namespace {

constexpr bool is_keyword_char(char c) {
  return ascii::is_alnum(c) || c == '-' || c == '_';
}

constexpr bool is_eight_bit(char c) {
  return static_cast<unsigned char>(c) > 0x7f;
}

constexpr bool is_loose_char(char c) {
  return is_eight_bit(c) ||
         (ascii::is_printable(c) && c != ' ' && c != ';' && c != '(' && c != ')' && c != '"');
}

}  // namespace

// Comments nest, so this counts instead of recursing.
void Cursor::skip_cfws() {
  std::size_t depth = 0;
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == '(') {
      ++depth;
    } else if (depth == 0) {
      if (!ascii::is_space(c)) return;
    } else if (c == ')') {
      --depth;
    } else if (c == '\\' && at_ + 1 < text_.size()) {
      ++at_;  // quoted-pair: the next octet has no meaning
    }
  }
  if (depth > 0) is_broken_ = true;
}

bool Cursor::take(char c) {
  if (is_end() || text_[at_] != c) return false;
  ++at_;
  return true;
}

std::string Cursor::take_keyword() {
  const std::size_t start = at_;
  while (at_ < text_.size() && is_keyword_char(text_[at_])) ++at_;
  return ascii::to_lower(text_.substr(start, at_ - start));
}

std::optional<unsigned> Cursor::take_number(unsigned max) {
  if (!ascii::is_digit(peek())) return std::nullopt;
  unsigned long long number = 0;
  for (; at_ < text_.size() && ascii::is_digit(text_[at_]); ++at_) {
    if (number <= max) number = number * 10 + static_cast<unsigned>(text_[at_] - '0');
  }
  if (number > max) return std::nullopt;
  return static_cast<unsigned>(number);
}

void Cursor::append_quoted(std::string& value) {
  for (++at_; at_ < text_.size(); ++at_) {
    char c = text_[at_];
    if (c == '"') {
      ++at_;
      return;
    }
    if (c == '\\' && at_ + 1 < text_.size()) c = text_[++at_];
    if (c != '\r' && c != '\n') value += c;  // folding inside (RFC 5322 §3.2.4)
  }
  is_broken_ = true;
}

std::string Cursor::take_value() {
  std::string value;
  if (peek() == '"') {
    append_quoted(value);
    return value;
  }
  const std::size_t start = at_;
  while (at_ < text_.size() && (ascii::is_token_char(text_[at_]) || is_eight_bit(text_[at_]))) {
    ++at_;
  }
  value = text_.substr(start, at_ - start);
  return value;
}

std::string Cursor::take_loose_value() {
  std::string value;
  while (at_ < text_.size()) {
    if (text_[at_] == '"') {
      append_quoted(value);
    } else if (is_loose_char(text_[at_])) {
      value += text_[at_++];
    } else {
      break;
    }
  }
  return value;
}

void Cursor::skip_statement() {
  std::string ignored;
  for (skip_cfws(); at_ < text_.size() && text_[at_] != ';'; skip_cfws()) {
    if (text_[at_] == '"') {
      append_quoted(ignored);
    } else {
      ++at_;
    }
  }
}

}  // namespace postern::authres
