#include "lib/antispam/report/wrap.hpp"

#include <algorithm>
#include <vector>

#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

constexpr std::size_t tab_columns = 8;

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

std::size_t columns(std::string_view text, bool is_utf8) {
  std::size_t count = 0;
  for (const char c : text) {
    const bool continues = is_utf8 && (static_cast<unsigned char>(c) & 0xC0) == 0x80;
    count += c == '\t' ? tab_columns : (continues ? 0 : 1);
  }
  return count;
}

/// Words and the breaks between them, in turn. A break may be empty; the text does not end with
/// empty pieces, as Perl's split has it.
std::vector<std::string_view> pieces(std::string_view text, BreakAt at) {
  std::vector<std::string_view> out;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (at == BreakAt::white_space && is_space(text[i])) {
      out.push_back(text.substr(begin, i - begin));
      out.push_back(text.substr(i, 1));
      begin = i + 1;
    } else if (at == BreakAt::after_space_or_comma && (is_space(text[i]) || text[i] == ',')) {
      out.push_back(text.substr(begin, i + 1 - begin));
      out.push_back({});
      begin = i + 1;
    }
  }
  out.push_back(text.substr(begin));
  while (!out.empty() && out.back().empty()) {
    out.pop_back();
  }
  return out;
}

void trim_end(std::string& text) {
  while (!text.empty() && is_space(text.back())) {
    text.pop_back();
  }
}

}  // namespace

std::string wrap(std::string_view text, const WrapStyle& style) {
  const std::vector<std::string_view> all = pieces(text, style.break_at);
  std::string out;
  std::string line(style.first);
  std::size_t next = 0;
  if (style.first.empty() && !all.empty()) {
    line = all[next++];
  }
  std::size_t width = columns(line, style.is_utf8);
  bool has_word = false;  // beyond the prefix: the first word goes onto a line whatever its size
  while (next < all.size()) {
    const std::size_t more = columns(all[next], style.is_utf8);
    const std::size_t reach = width + (has_word && !style.may_overflow ? more : 0);
    if (reach <= style.width) {
      line += all[next++];
      width += more;
      has_word = true;
      continue;
    }
    trim_end(line);
    out += line;
    out += '\n';
    line = style.prefix;
    width = columns(line, style.is_utf8);
    has_word = false;
  }
  return out + line;
}

}  // namespace postern::antispam
