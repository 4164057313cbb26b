#include "lib/antispam/evals/arguments.hpp"

#include <algorithm>
#include <charconv>

#include "lib/base/ascii.hpp"
#include "lib/mail/utf8.hpp"

namespace postern::antispam {
namespace {

bool is_wide_space(char32_t c) {
  return c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
         c == 0x205F || c == 0x3000;
}

/// U+0085 and U+00A0 are white space in character strings only; a blank says so in both.
char octet_for(char32_t c) {
  if (c == 0x85 || c == 0xA0 || is_wide_space(c)) return ' ';
  return c < 0x100 ? static_cast<char>(c) : '\x7F';
}

}  // namespace

double perl_number(std::string_view text) {
  while (!text.empty() && is_space_octet(text.front())) text.remove_prefix(1);
  if (text.starts_with('+')) text.remove_prefix(1);
  double number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

bool is_within_undef_bounds(double value, const Arguments& arguments, std::size_t first) {
  const auto is_open = [&](std::size_t index) { return arguments.text(index) == "undef"; };
  return (is_open(first) || value >= arguments.number(first)) &&
         (is_open(first + 1) || value < arguments.number(first + 1));
}

bool has_header(EvalContext& context, std::string_view name) {
  return context.message.header({.name = std::string(name), .modifiers = {}}).has_value();
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == text.npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::string with_single_spaces(std::string_view text) {
  std::string single;
  single.reserve(text.size());
  bool after_space = false;
  for (const char c : text) {
    const bool is_space = is_space_octet(c);
    if (!is_space) {
      single += c;
    } else if (!after_space) {
      single += ' ';
    }
    after_space = is_space;
  }
  return single;
}

bool matches(const EvalContext& context, std::string_view pattern, std::string_view text) {
  const Regex* regex = context.regexes.regex(pattern);
  return regex != nullptr && regex->find(text);
}

std::string one_octet_per_character(const PerlString& text) {
  if (!text.is_characters) return text.bytes;
  std::string octets;
  octets.reserve(text.bytes.size());
  std::string_view rest = text.bytes;
  while (!rest.empty()) {
    const mail::Utf8Char next = mail::first_utf8_char(rest);
    octets += octet_for(next.code);
    rest.remove_prefix(next.size);
  }
  return octets;
}

std::size_t perl_length(const PerlString& text) {
  return text.is_characters ? count_characters(text.bytes) : text.bytes.size();
}

std::string_view domain_of(std::string_view address) {
  const std::size_t at = address.rfind('@');
  return at == address.npos ? std::string_view() : address.substr(at + 1);
}

std::size_t find_ignoring_case(std::string_view text, std::string_view word, std::size_t from) {
  if (from > text.size()) return text.npos;
  const auto found = std::search(
      text.begin() + static_cast<std::ptrdiff_t>(from), text.end(), word.begin(), word.end(),
      [](char a, char b) { return ascii::to_lower(a) == ascii::to_lower(b); });
  return found == text.end() && !word.empty() ? text.npos
                                              : static_cast<std::size_t>(found - text.begin());
}

bool glob_matches(std::string_view glob, std::string_view text) {
  std::size_t g = 0;
  std::size_t t = 0;
  std::size_t star = glob.npos;  // where to go on when what follows the last "*" does not fit
  std::size_t star_text = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      star_text = t;
    } else if (g < glob.size() &&
               (glob[g] == '?' || ascii::to_lower(glob[g]) == ascii::to_lower(text[t]))) {
      ++g;
      ++t;
    } else if (star != glob.npos) {
      g = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

bool any_glob_matches(std::span<const std::string> globs, std::string_view text) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const std::string& glob) { return glob_matches(glob, text); });
}

}  // namespace postern::antispam
