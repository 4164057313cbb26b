#include "lib/attachments/file_name.hpp"

#include <algorithm>
#include <utility>

#include "lib/base/ascii.hpp"
#include "lib/mail/utf8.hpp"

namespace postern::attachments {
namespace {

constexpr std::size_t max_pieces = 4;

constexpr bool is_within(char32_t code, char32_t first, char32_t last) {
  return code >= first && code <= last;
}

// Hebrew, Arabic, Syriac, Thaana, N'Ko and their neighbours, and the presentation forms.
constexpr bool is_right_to_left(char32_t code) {
  return is_within(code, 0x0590, 0x08FF) || is_within(code, 0xFB1D, 0xFDFF) ||
         is_within(code, 0xFE70, 0xFEFC) || is_within(code, 0x10800, 0x10FFF);
}

constexpr bool has_no_width(char32_t code) {
  return code == 0x00AD || code == 0x061C || is_within(code, 0x200B, 0x200F) ||
         is_within(code, 0x202A, 0x202E) || is_within(code, 0x2060, 0x2069) ||
         is_within(code, 0xFE00, 0xFE0F) || code == 0xFEFF;
}

constexpr bool is_wide_space(char32_t code) {
  return code == 0x00A0 || is_within(code, 0x2000, 0x200A) || code == 0x202F || code == 0x205F ||
         code == 0x3000;
}

// A character as ASCII, "?" for what is none, NUL for what counts as nothing.
char to_ascii(char32_t code) {
  constexpr char32_t first_wide = 0xFF01;  // fullwidth forms of "!" to "~"
  constexpr char32_t last_wide = 0xFF5E;
  if (is_within(code, first_wide, last_wide)) code = code - first_wide + U'!';
  if (code == 0x2024 || code == 0xFE52) return '.';  // one dot leader, small full stop
  if (is_wide_space(code)) return ' ';
  if (has_no_width(code) || code < ' ' || code == 0x7F) return '\0';
  return code < 0x7F ? ascii::to_lower(static_cast<char>(code)) : '?';
}

// An override always turns what follows. An embedding or isolate from right to left turns the order
// of words, and has a reason where letters of such a script are.
bool is_turned(std::string_view name) {
  constexpr char32_t embedding = 0x202B;
  constexpr char32_t isolate = 0x2067;
  bool overrides = false;
  bool embeds = false;
  bool has_letters = false;
  while (!name.empty()) {
    const mail::Utf8Char c = mail::first_utf8_char(name);
    overrides = overrides || is_within(c.code, 0x202D, 0x202E);
    embeds = embeds || c.code == embedding || c.code == isolate;
    has_letters = has_letters || is_right_to_left(c.code);
    name.remove_prefix(c.size);
  }
  return overrides || (embeds && !has_letters);
}

std::string fold(std::string_view name) {
  std::string folded;
  while (!name.empty()) {
    const mail::Utf8Char c = mail::first_utf8_char(name);
    if (const char as_ascii = to_ascii(c.code); as_ascii != '\0') folded += as_ascii;
    name.remove_prefix(c.size);
  }
  return folded;
}

std::string_view without_end(std::string_view text, std::string_view characters) {
  return text.substr(0, text.find_last_not_of(characters) + 1);
}

// Takes the extension off a name.
std::string take_extension(std::string_view& name) {
  constexpr std::string_view ignored_at_end = ". \"'";
  name = without_end(name, ignored_at_end);
  const std::size_t dot = name.rfind('.');
  if (dot == name.npos) return {};
  const std::string_view extension = ascii::trim(name.substr(dot + 1));
  name = name.substr(0, dot);
  return std::string(extension);
}

void add_reading(NameSigns& signs, std::string_view piece) {
  const std::string folded = fold(piece);
  std::string_view rest = folded;
  const std::size_t slash = rest.find_last_of("/\\");
  if (slash != rest.npos) rest.remove_prefix(slash + 1);
  Extensions extensions;
  extensions.last = take_extension(rest);
  extensions.before = take_extension(rest);
  if (!extensions.last.empty()) signs.readings.push_back(std::move(extensions));
}

}  // namespace

NameSigns read_name(std::string_view name) {
  NameSigns signs;
  signs.is_turned = is_turned(name);
  add_reading(signs, name);
  // "a.exe:stream" and "a.exe<NUL>.txt" are a.exe to some; ":a.exe" may be a path or a stream.
  constexpr std::string_view separators(":\0", 2);
  std::string_view rest = name;
  for (std::size_t i = 0; i < max_pieces; ++i) {
    const std::size_t end = rest.find_first_of(separators);
    if (end == rest.npos) break;
    add_reading(signs, rest.substr(0, end));
    rest.remove_prefix(end + 1);
    add_reading(signs, rest);
  }
  return signs;
}

std::string_view unpacked_name(std::string_view name) {
  constexpr std::string_view ends[] = {".bz2", ".lz", ".lz4", ".lzma", ".xz", ".z", ".zst"};
  for (const std::string_view end : ends) {
    if (name.size() <= end.size()) continue;
    const std::size_t size = name.size() - end.size();
    if (ascii::equals_ignoring_case(name.substr(size), end)) return name.substr(0, size);
  }
  return {};
}

}  // namespace postern::attachments
