#include "lib/io/milter/reply_text.hpp"

#include "lib/base/ascii.hpp"

namespace postern::milter {

std::string to_reply_text(std::string_view text) {
  std::string safe;
  for (const char c : text.substr(0, max_reply_text_size)) {
    if (c == '%') safe += '%';
    safe += ascii::is_printable(c) ? c : '?';
  }
  return safe;
}

}  // namespace postern::milter
