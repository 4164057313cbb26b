#include "lib/antispam/message/content_type.hpp"

#include <cstddef>
#include <map>

#include "lib/antispam/text/characters.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

// Continuations of a name (RFC 2231 §3) beyond this number are left out.
constexpr std::size_t max_name_sections = 1000;

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space_octet(text[at])) ++at;
  return at;
}

bool starts_word(std::string_view text, std::size_t at) {
  return at == 0 || !is_word_octet(text[at - 1]);
}

// Where `word` stands at or after `at`, in any case.
std::size_t find_word(std::string_view text, std::string_view word, std::size_t at) {
  for (; at + word.size() <= text.size(); ++at) {
    if (ascii::to_lower(text[at]) == word[0] &&
        ascii::starts_with_ignoring_case(text.substr(at), word)) {
      return at;
    }
  }
  return text.npos;
}

// Behind "WORD =" and white space, WORD beginning a word of the text; npos: nowhere from `at` on.
std::size_t find_parameter(std::string_view text, std::string_view word, std::size_t at = 0) {
  for (at = find_word(text, word, at); at != text.npos; at = find_word(text, word, at + 1)) {
    if (!starts_word(text, at)) continue;
    const std::size_t equals = skip_space(text, at + word.size());
    if (equals < text.size() && text[equals] == '=') return skip_space(text, equals + 1);
  }
  return text.npos;
}

std::optional<std::string> find_boundary(std::string_view text) {
  std::size_t begin = 0;
  while ((begin = find_parameter(text, "boundary", begin)) != text.npos) {
    if (begin == text.size()) return std::nullopt;
    if (text[begin] == '"') {
      const std::string_view quoted = text.substr(begin + 1, text.find('"', begin + 1) - begin - 1);
      if (!quoted.empty()) return std::string(quoted);
      continue;
    }
    std::size_t end = begin;
    while (end < text.size() && !is_space_octet(text[end]) && text[end] != '"' &&
           text[end] != ';') {
      ++end;
    }
    const bool is_whole = end == text.size() || text[end] != '"';
    if (end > begin && is_whole) return std::string(text.substr(begin, end - begin));
  }
  return std::nullopt;
}

bool is_quote(char c) {
  return c == '"' || c == '\'';
}

// Up to the next semicolon, without one quote at either end.
std::string_view value_at(std::string_view text, std::size_t begin) {
  if (begin < text.size() && is_quote(text[begin])) ++begin;
  std::string_view value = text.substr(begin);
  value = value.substr(0, value.find(';'));
  if (!value.empty() && is_quote(value.back())) value.remove_suffix(1);
  return value;
}

std::optional<std::string> find_charset(std::string_view text) {
  const std::size_t begin = find_parameter(text, "charset");
  if (begin == text.npos) return std::nullopt;
  return std::string(value_at(text, begin));
}

// The earlier of "name" and "filename".
std::optional<std::string> find_name(std::string_view text) {
  const std::size_t begin =
      std::min(find_parameter(text, "name"), find_parameter(text, "filename"));
  if (begin == text.npos) return std::nullopt;
  return std::string(value_at(text, begin));
}

struct NameSection {
  std::size_t number = 0;
  std::size_t begin = 0;  // of the value
};

// "name*12 =" or "filename*12 =" at `at`.
std::optional<NameSection> name_section(std::string_view text, std::size_t at) {
  if (!starts_word(text, at)) return std::nullopt;
  if (ascii::starts_with_ignoring_case(text.substr(at), "file")) at += 4;
  if (!ascii::starts_with_ignoring_case(text.substr(at), "name*")) return std::nullopt;
  at += 5;
  const std::size_t digits = at;
  NameSection section;
  for (; at < text.size() && ascii::is_digit(text[at]); ++at) {
    if (section.number <= max_name_sections) {
      section.number = section.number * 10 + static_cast<std::size_t>(text[at] - '0');
    }
  }
  const std::size_t equals = skip_space(text, at);
  if (at == digits || equals >= text.size() || text[equals] != '=') return std::nullopt;
  section.begin = skip_space(text, equals + 1);
  return section;
}

std::optional<std::string> joined_name(std::string_view text) {
  std::map<std::size_t, std::string_view> sections;
  bool has_first = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = ascii::to_lower(text[at]);
    if (c != 'n' && c != 'f') continue;
    const auto section = name_section(text, at);
    if (!section) continue;
    has_first = has_first || section->number == 0;
    const std::string_view value = value_at(text, section->begin);
    if (section->number <= max_name_sections) sections[section->number] = value;
    at = section->begin + value.size();
  }
  if (!has_first) return std::nullopt;
  std::string name;
  for (const auto& [number, value] : sections) name += value;
  return name;
}

// Only "something/something" of what stands before the first semicolon; lower case.
std::string bare_type(std::string_view text) {
  text = text.substr(skip_space(text, 0));
  text = text.substr(0, text.find(';'));
  const std::size_t slash = text.find('/');
  if (slash != text.npos && slash > 0) {
    std::size_t end = slash + 1;
    while (end < text.size() && text[end] != '/' && !is_space_octet(text[end])) ++end;
    text = text.substr(0, end);
  }
  return ascii::to_lower(text);
}

bool is_shown_as_plain(std::string_view type) {
  if (!type.starts_with("text") || (type.size() > 4 && is_word_octet(type[4]))) return false;
  return type != "text/x-vcard" && type != "text/calendar" && type != "text/html";
}

bool is_type_character(char c) {
  return c > ' ' && c < '\x7F' && std::string_view("\"(),:;<=>?@[\\]").find(c) == std::string::npos;
}

}  // namespace

ContentTypeValue read_content_type(std::string_view value) {
  ContentTypeValue result;
  if (value.empty() || value == "0") {
    result.missing = true;
    value = "text/plain; charset=us-ascii";
  }
  result.boundary = find_boundary(value);
  result.charset = find_charset(value);
  result.name = find_name(value);
  if (!result.name || result.name->empty() || *result.name == "0") {
    if (auto name = joined_name(value)) result.name = std::move(name);
  }
  std::string type = bare_type(value);
  const bool has_none = type.empty() || type == "0";
  result.missing = result.missing || has_none;
  if (has_none || is_shown_as_plain(type)) type = "text/plain";
  std::erase_if(type, [](char c) { return !is_type_character(c); });
  result.type = std::move(type);
  return result;
}

std::optional<std::string> disposition_name(std::string_view value) {
  for (std::size_t at = find_word(value, "name=", 0); at != value.npos;
       at = find_word(value, "name=", at + 1)) {
    const std::size_t blank = at + 5;
    std::size_t begin = skip_space(value, blank);
    const std::size_t behind_blank = begin;
    if (begin < value.size() && value[begin] == '"') ++begin;
    const std::string_view name = value.substr(begin, value.find_first_of("\";", begin) - begin);
    if (!name.empty()) return std::string(name);
    // Perl's pattern takes the last blank as the name then.
    if (behind_blank > blank) return std::string(1, value[behind_blank - 1]);
  }
  return std::nullopt;
}

bool is_html_name(std::string_view name) {
  const std::string_view tail =
      name.substr(name.rfind('.') == name.npos ? name.size() : name.rfind('.'));
  return ascii::equals_ignoring_case(tail, ".htm") || ascii::equals_ignoring_case(tail, ".html") ||
         ascii::equals_ignoring_case(tail, ".shtml") || ascii::equals_ignoring_case(tail, ".shtm");
}

}  // namespace postern::antispam
