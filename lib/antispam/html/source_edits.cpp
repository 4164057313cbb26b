#include "lib/antispam/html/source_edits.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "lib/antispam/text/characters.hpp"

namespace postern::antispam {
namespace {

constexpr std::string_view no_break_space = "&nbsp;";

// The name of "<br />" at the start, and the size of all; 0: it is none.
struct EmptyTag {
  std::size_t name_end = 0;
  std::size_t size = 0;
};

EmptyTag leading_empty_tag(std::string_view text, bool is_characters) {
  std::size_t at = 1;
  while (at < text.size() &&
         (is_word_octet(text[at]) ||
          (is_characters && !is_ascii_octet(text[at]) && leading_space(text.substr(at)) == 0))) {
    ++at;
  }
  const std::size_t name_end = at;
  if (name_end == 1) return {};
  while (at < text.size()) {
    // "&nbsp;" is a space by now.
    if (text.substr(at).starts_with(no_break_space)) {
      at += no_break_space.size();
      continue;
    }
    const std::size_t size =
        is_characters ? leading_space(text.substr(at)) : (is_space_octet(text[at]) ? 1U : 0U);
    if (size == 0) break;
    at += size;
  }
  return text.substr(at).starts_with("/>") ? EmptyTag{name_end, at + 2} : EmptyTag{};
}

}  // namespace

std::string edited_source(const PerlString& source) {
  const std::string_view text = source.bytes;
  std::string out;
  out.reserve(text.size());
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t next = std::min(text.find_first_of("&<\xE2", at), text.size());
    out += text.substr(at, next - at);
    at = next;
    const std::string_view rest = text.substr(at);
    if (rest.starts_with(no_break_space)) {
      out += ' ';
      at += no_break_space.size();
    } else if (rest.starts_with("\xE2\x80\x9C") || rest.starts_with("\xE2\x80\x9D")) {
      out += '"';
      at += 3;
    } else if (rest.starts_with('<')) {
      const EmptyTag tag = leading_empty_tag(rest, source.is_characters);
      if (tag.size > 0) {
        out += rest.substr(0, tag.name_end);
        out += '>';
        at += tag.size;
      } else {
        out += '<';
        ++at;
      }
    } else if (!rest.empty()) {
      out += rest[0];
      ++at;
    }
  }
  return out;
}

}  // namespace postern::antispam
