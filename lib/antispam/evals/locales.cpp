#include "lib/antispam/evals/locales.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "lib/antispam/evals/arguments.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

/// Names without punctuation, in capitals.
struct LocaleCharsets {
  std::string_view locale;
  std::string_view charsets;
};

constexpr std::string_view cyrillic = "KOI8R KOI8U KOI8T ISOIR111 CP1251 GEORGIANPS PT154 CP866";

constexpr std::array locale_charsets = {
    LocaleCharsets{"ja",
                   "EUCJP JISX020119760 JISX020819830 JISX020819900 JISX020819970 JISX021219900 "
                   "JISX021320001 JISX021320002 SHIFTJIS ISO2022JP SJIS JIS7 JISX0201 "
                   "JISX0208 JISX0212"},
    LocaleCharsets{"ko", "EUCKR KSC56011987"},
    LocaleCharsets{"ru", cyrillic},
    LocaleCharsets{"ka", cyrillic},
    LocaleCharsets{"tg", cyrillic},
    LocaleCharsets{"be", cyrillic},
    LocaleCharsets{"uk", cyrillic},
    LocaleCharsets{"bg", cyrillic},
    LocaleCharsets{"th", "TIS620"},
    LocaleCharsets{"zh", "GB1988 GB2312 GB231219800 GB18030 GBK BIG5HKSCS BIG5 EUCTW ISO2022CN"},
};

constexpr std::array<std::string_view, 5> western_names = {"USASCII", "ASCII", "IBM852", "XUNKNOWN",
                                                           "ISO"};
constexpr std::array<std::string_view, 8> western_prefixes = {
    "ISO8859", "ISO10646", "UTF", "UCS", "CP125", "WINDOWS", "UNICODE11UTF7", "UNICODE11UTF8"};

constexpr std::array<std::string_view, 12> capital_parts = {
    "koi",   "jp",     "jis",          "euc",        "gb",    "big5",
    "isoir", "cp1251", "windows-1251", "georgianps", "pt154", "tis"};

bool has_word(std::string_view words, std::string_view word) {
  std::size_t at = 0;
  while (at <= words.size()) {
    const std::size_t end = std::min(words.find(' ', at), words.size());
    if (words.substr(at, end - at) == word) return true;
    at = end + 1;
  }
  return false;
}

/// Letters and digits in capitals, without the "3D" that quoted-printable leaves of "=".
std::string plain_name(std::string_view charset) {
  std::string name;
  for (const char c : charset) {
    if (!ascii::is_alnum(c)) continue;
    name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return name.starts_with("3D") ? name.substr(2) : name;
}

bool is_western(std::string_view name) {
  return std::find(western_names.begin(), western_names.end(), name) != western_names.end() ||
         std::any_of(western_prefixes.begin(), western_prefixes.end(),
                     [&](std::string_view prefix) { return name.starts_with(prefix); });
}

/// "zh_TW.UTF-8" -> "zh".
std::string_view language_of(std::string_view locale) {
  const auto is_small = [](char c) { return c >= 'a' && c <= 'z'; };
  return locale.size() > 2 && is_small(locale[0]) && is_small(locale[1]) ? locale.substr(0, 2)
                                                                         : locale;
}

bool is_expected(std::string_view name, std::string_view locale) {
  return std::any_of(locale_charsets.begin(), locale_charsets.end(), [&](const auto& row) {
    return row.locale == language_of(locale) && has_word(row.charsets, name);
  });
}

}  // namespace

bool are_all_locales_ok(std::string_view ok_locales) {
  return has_word(with_single_spaces(ok_locales), "all");
}

bool is_charset_ok(std::string_view charset, std::string_view ok_locales) {
  const std::string name = plain_name(charset);
  if (is_western(name)) return true;
  const std::string locales = with_single_spaces(ok_locales);
  std::size_t at = 0;
  while (at < locales.size()) {
    const std::size_t end = std::min(locales.find(' ', at), locales.size());
    if (is_expected(name, std::string_view(locales).substr(at, end - at))) return true;
    at = end + 1;
  }
  return false;
}

bool is_likely_to_look_like_capitals(std::string_view charset) {
  const auto is_allowed = [](char c) { return c == '-' || is_word_octet(c); };
  return std::all_of(charset.begin(), charset.end(), is_allowed) &&
         std::any_of(capital_parts.begin(), capital_parts.end(), [&](std::string_view part) {
           return find_ignoring_case(charset, part) != charset.npos;
         });
}

}  // namespace postern::antispam
