#include "lib/dkim/tag_list.hpp"

#include <algorithm>
#include <array>

#include "lib/base/ascii.hpp"

namespace postern::dkim {
namespace {

constexpr std::size_t usual_tags = 16;  // RFC 6376 and RFC 8617 know 14

constexpr bool is_name_char(char c) {
  return ascii::is_alnum(c) || c == '_';
}

// VALCHAR or folding white space (RFC 6376 §3.2), and UTF-8 (RFC 8616 §4).
constexpr std::array<bool, 256> make_value_chars() {
  std::array<bool, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const char c = static_cast<char>(i);
    table[i] = ascii::is_printable(c) || ascii::is_space(c) || i >= 0x80;
  }
  return table;
}
constexpr std::array<bool, 256> value_chars = make_value_chars();

bool is_value_char(char c) {
  return value_chars[static_cast<unsigned char>(c)];
}

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && ascii::is_space(text[at])) ++at;
  return at;
}

// Reads the tag that begins at `at`, which is no white space.
Parsed<Tag> parse_tag(std::string_view text, std::size_t at) {
  const std::size_t name_begin = at;
  if (!ascii::is_alpha(text[at])) return parse_error(at, "tag name does not begin with a letter");
  while (at < text.size() && is_name_char(text[at])) ++at;
  Tag tag;
  tag.name = text.substr(name_begin, at - name_begin);
  at = skip_space(text, at);
  if (at == text.size() || text[at] != '=') return parse_error(at, "tag without an equals sign");
  tag.begin = ++at;
  tag.end = std::min(text.find(';', at), text.size());
  const std::string_view value = text.substr(at, tag.end - at);
  const auto wrong = std::find_if_not(value.begin(), value.end(), is_value_char);
  if (wrong != value.end()) {
    at += static_cast<std::size_t>(wrong - value.begin());
    return parse_error(at, "control character in a tag");
  }
  tag.value = ascii::trim(text.substr(tag.begin, tag.end - tag.begin));
  return tag;
}

}  // namespace

const Tag* TagList::find(std::string_view name) const {
  for (const Tag& tag : tags_) {
    if (tag.name == name) return &tag;
  }
  return nullptr;
}

Parsed<TagList> parse_tag_list(std::string_view text) {
  std::vector<Tag> tags;
  tags.reserve(usual_tags);
  std::size_t at = skip_space(text, 0);
  while (at < text.size()) {
    auto tag = parse_tag(text, at);
    if (!tag) return Unexpected<ParseError>(tag.error());
    if (tags.size() == max_tags) return parse_error(at, "too many tags");
    for (const Tag& earlier : tags) {
      if (earlier.name == tag->name) return parse_error(at, "tag occurs twice");
    }
    at = skip_space(text, tag->end == text.size() ? tag->end : tag->end + 1);
    tags.push_back(*tag);
  }
  if (tags.empty()) return parse_error(0, "no tags");
  return TagList(std::move(tags));
}

std::vector<std::string_view> split_value(std::string_view value) {
  std::vector<std::string_view> items;
  while (true) {
    const std::size_t colon = value.find(':');
    const std::string_view item = ascii::trim(value.substr(0, colon));
    if (!item.empty()) items.push_back(item);
    if (colon == value.npos) return items;
    value.remove_prefix(colon + 1);
  }
}

}  // namespace postern::dkim
