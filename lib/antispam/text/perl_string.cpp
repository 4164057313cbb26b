#include "lib/antispam/text/perl_string.hpp"

#include "lib/antispam/text/characters.hpp"

namespace postern::antispam {

std::string upgraded(std::string_view bytes) {
  if (is_all_ascii(bytes)) return std::string(bytes);
  std::string text;
  text.reserve(bytes.size() + bytes.size() / 4);
  for (const char c : bytes) {
    if (is_ascii_octet(c)) {
      text += c;
    } else {
      append_utf8(text, static_cast<unsigned char>(c));
    }
  }
  return text;
}

void append(PerlString& text, const PerlString& tail) {
  if (text.is_characters == tail.is_characters) {
    text.bytes += tail.bytes;
    return;
  }
  if (tail.is_characters) {
    text.bytes = upgraded(text.bytes);
    text.is_characters = true;
    text.bytes += tail.bytes;
  } else if (is_all_ascii(tail.bytes)) {
    text.bytes += tail.bytes;
  } else {
    text.bytes += upgraded(tail.bytes);
  }
}

}  // namespace postern::antispam
