#include "lib/mail/lexical.hpp"

#include <cstring>

#include "lib/base/ascii.hpp"

namespace postern::mail {

Skipped skip_comment(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\\') {
      ++at;  // quoted-pair: the next octet has no meaning
    } else if (c == '(') {
      ++depth;
    } else if (c == ')' && --depth == 0) {
      return {at + 1, true};
    }
  }
  return {text.size(), false};
}

Skipped skip_cfws(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    if (text[at] == '(') {
      const Skipped comment = skip_comment(text, at);
      if (!comment.is_closed) return comment;
      at = comment.end;
    } else if (ascii::is_space(text[at])) {
      ++at;
    } else {
      break;
    }
  }
  return {at, true};
}

Skipped skip_quoted_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return {at + 1, true};
    }
  }
  return {text.size(), false};
}

std::string unquote(std::string_view inside) {
  std::string meaning;
  meaning.reserve(inside.size());
  for (std::size_t at = 0; at < inside.size(); ++at) {
    const bool is_pair = inside[at] == '\\' && at + 1 < inside.size();
    if (is_pair) ++at;
    const bool is_line_end = inside[at] == '\r' || inside[at] == '\n';
    if (is_pair || !is_line_end) meaning += inside[at];
  }
  return meaning;
}

Line line_at(std::string_view text, std::size_t at) {
  const void* found = std::memchr(text.data() + at, '\n', text.size() - at);
  if (found == nullptr) return {text.substr(at), text.size()};
  const auto end = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
  const bool has_cr = end > at && text[end - 1] == '\r';
  return {text.substr(at, end - at - (has_cr ? 1 : 0)), end + 1};
}

}  // namespace postern::mail
