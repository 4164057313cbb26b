#include "lib/io/iconv/encode_names.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "lib/base/ascii.hpp"

namespace postern::io {
namespace {

constexpr std::size_t npos = std::string_view::npos;
constexpr int max_aliases = 6;  // one leading to the next
constexpr std::size_t max_name_size = 100;

// What decoders exist for. Encode has some more that mail does not use: fonts, EBCDIC, MIME.
constexpr std::string_view known[] = {"7bit-jis",
                                      "ascii",
                                      "big5-eten",
                                      "big5-hkscs",
                                      "cp1006",
                                      "cp1250",
                                      "cp1251",
                                      "cp1252",
                                      "cp1253",
                                      "cp1254",
                                      "cp1255",
                                      "cp1256",
                                      "cp1257",
                                      "cp1258",
                                      "cp437",
                                      "cp737",
                                      "cp775",
                                      "cp850",
                                      "cp852",
                                      "cp855",
                                      "cp857",
                                      "cp858",
                                      "cp860",
                                      "cp861",
                                      "cp862",
                                      "cp863",
                                      "cp864",
                                      "cp865",
                                      "cp866",
                                      "cp869",
                                      "cp874",
                                      "cp932",
                                      "cp936",
                                      "cp949",
                                      "cp950",
                                      "euc-cn",
                                      "euc-jp",
                                      "euc-kr",
                                      "hz",
                                      "iso-2022-jp",
                                      "iso-2022-jp-1",
                                      "iso-2022-kr",
                                      "iso-8859-1",
                                      "iso-8859-10",
                                      "iso-8859-11",
                                      "iso-8859-13",
                                      "iso-8859-14",
                                      "iso-8859-15",
                                      "iso-8859-16",
                                      "iso-8859-2",
                                      "iso-8859-3",
                                      "iso-8859-4",
                                      "iso-8859-5",
                                      "iso-8859-6",
                                      "iso-8859-7",
                                      "iso-8859-8",
                                      "iso-8859-9",
                                      "johab",
                                      "koi8-r",
                                      "koi8-u",
                                      "maccentraleurroman",
                                      "maccyrillic",
                                      "macroman",
                                      "shiftjis",
                                      "ucs-2be",
                                      "ucs-2le",
                                      "utf-16",
                                      "utf-16be",
                                      "utf-16le",
                                      "utf-32",
                                      "utf-32be",
                                      "utf-32le",
                                      "utf-7",
                                      "utf-8-strict",
                                      "utf8",
                                      "viscii"};

bool is_word(char c) {
  return ascii::is_alnum(c) || c == '_';
}

bool begins_word(std::string_view name, std::size_t at) {
  return at == 0 || is_word(name[at - 1]) != is_word(name[at]);
}

// \bWORD$
bool ends_with_word(std::string_view name, std::string_view word) {
  return name.ends_with(word) && begins_word(name, name.size() - word.size());
}

bool ends_with_one_of(std::string_view name, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [name](std::string_view word) { return ends_with_word(name, word); });
}

// \bFIRST.*LAST$
bool has_pair(std::string_view name, std::string_view first, std::string_view last) {
  if (!name.ends_with(last)) return false;
  const std::string_view head = name.substr(0, name.size() - last.size());
  for (std::size_t at = head.find(first); at != npos; at = head.find(first, at + 1)) {
    if (begins_word(name, at)) return true;
  }
  return false;
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

using Alias = std::optional<std::string>;

Alias one_underscore(std::string_view name) {
  const std::size_t at = name.find('_');
  if (at == npos || at == 0) return std::nullopt;
  const std::size_t rest = std::min(name.find_first_not_of('_', at), name.size());
  if (name.find('_', rest) != npos) return std::nullopt;
  return std::string(name.substr(0, at)) + "-" + std::string(name.substr(rest));
}

Alias utf8(std::string_view name) {
  if (ends_with_word(name, "utf-8") || name.find("cp65001") != npos) return "utf-8-strict";
  return name.find("cp65000") != npos ? Alias("utf-7") : std::nullopt;
}

Alias chinese_of_taiwan(std::string_view name) {
  if (ends_with_one_of(name, {"hkbig5", "hk-big5", "hk_big5", "hkscsbig5", "hkscs-big5",
                              "hkscs_big5", "big5hk", "big5-hk", "big5hkscs", "big5-hkscs"})) {
    return "big5-hkscs";
  }
  const bool is_big5 =
      ends_with_one_of(name, {"tcabig5", "tca-big5", "tca_big5", "big5et", "big5-et", "big5eten",
                              "big5-eten", "big5", "big-5"});
  return is_big5 ? Alias("big5-eten") : std::nullopt;
}

Alias korean(std::string_view name) {
  if (ends_with_word(name, "ks_c_5601-1987") || name.ends_with("windows-949") ||
      name.ends_with("uhc")) {
    return "cp949";
  }
  const bool is_euc = has_pair(name, "kr", "euc") || has_pair(name, "euc", "kr");
  return is_euc ? Alias("euc-kr") : std::nullopt;
}

Alias japanese(std::string_view name) {
  if (ends_with_word(name, "windows-31j")) return "cp932";
  if (ends_with_word(name, "sjis") || has_pair(name, "shift", "jis")) return "shiftjis";
  if (ends_with_word(name, "ujis") || has_pair(name, "jp", "euc") || has_pair(name, "euc", "jp")) {
    return "euc-jp";
  }
  return ends_with_word(name, "jis") ? Alias("7bit-jis") : std::nullopt;
}

// \bGB[-_ ]?2312(?!-?raw)
bool has_gb2312(std::string_view name) {
  for (std::size_t at = name.find("gb"); at != npos; at = name.find("gb", at + 1)) {
    if (!begins_word(name, at)) continue;
    std::string_view rest = name.substr(at + 2);
    if (rest.starts_with('-') || rest.starts_with('_')) rest.remove_prefix(1);
    if (!rest.starts_with("2312")) continue;
    rest.remove_prefix(4);
    if (!rest.starts_with("raw") && !rest.starts_with("-raw")) return true;
  }
  return false;
}

Alias chinese(std::string_view name) {
  if (has_gb2312(name)) return "euc-cn";
  if (name == "gbk") return "cp936";
  const bool is_euc = has_pair(name, "cn", "euc") || has_pair(name, "euc", "cn");
  return is_euc ? Alias("euc-cn") : std::nullopt;
}

Alias koi8(std::string_view name) {
  if (name.empty() || (name.back() != 'r' && name.back() != 'u')) return std::nullopt;
  std::string_view head = name.substr(0, name.size() - 1);
  while (head.ends_with('-') || head.ends_with('_')) head.remove_suffix(1);
  if (!ends_with_word(head, "koi8")) return std::nullopt;
  return std::string("koi8-") + name.back();
}

Alias mac(std::string_view name) {
  if (name == "macce") return "maccentraleurroman";
  if (name == "macintosh") return "macroman";
  if (name.starts_with("x-") || name.starts_with("x_")) name.remove_prefix(2);
  if (!name.starts_with("mac-") && !name.starts_with("mac_")) return std::nullopt;
  return "mac" + std::string(name.substr(4));
}

// The digits at the end, and what stands before them without a separator; nothing: no digits.
struct Numbered {
  std::string_view head, digits;
};

std::optional<Numbered> numbered(std::string_view name, std::string_view separators) {
  std::size_t at = name.size();
  while (at > 0 && ascii::is_digit(name[at - 1])) --at;
  if (at == name.size()) return std::nullopt;
  std::string_view head = name.substr(0, at);
  if (!head.empty() && separators.find(head.back()) != npos) head.remove_suffix(1);
  return Numbered{head, name.substr(at)};
}

Alias code_page(std::string_view name) {
  const auto parts = numbered(name, "-_");
  if (!parts || parts->digits.size() < 2 || parts->digits.size() > 4) return std::nullopt;
  if (!ends_with_one_of(parts->head, {"cp", "ibm", "ms", "windows"})) return std::nullopt;
  return "cp" + std::string(parts->digits);
}

// \btis-?620\b
Alias thai(std::string_view name) {
  for (const std::string_view word : {"tis620", "tis-620"}) {
    const std::size_t at = name.find(word);
    if (at == npos || !begins_word(name, at)) continue;
    const std::size_t end = at + word.size();
    if (end == name.size() || !is_word(name[end])) return "iso-8859-11";
  }
  return std::nullopt;
}

Alias language(std::string_view name) {
  constexpr std::pair<std::string_view, std::string_view> names[] = {
      {"cyrillic", "iso-8859-5"}, {"arabic", "iso-8859-6"},   {"greek", "iso-8859-7"},
      {"hebrew", "iso-8859-8"},   {"thai", "iso-8859-11"},    {"winlatin1", "cp1252"},
      {"winlatin2", "cp1250"},    {"wincyrillic", "cp1251"},  {"wingreek", "cp1253"},
      {"winturkish", "cp1254"},   {"winhebrew", "cp1255"},    {"winarabic", "cp1256"},
      {"winbaltic", "cp1257"},    {"winvietnamese", "cp1258"}};
  for (const auto& [alias, charset] : names) {
    if (alias.starts_with("win") ? ends_with_word(name, alias) : name == alias) {
      return std::string(charset);
    }
  }
  return std::nullopt;
}

Alias latin(std::string_view name) {
  constexpr std::array<int, 11> parts_of_iso = {0, 1, 2, 3, 4, 9, 10, 13, 14, 15, 16};
  const auto parts = numbered(name, "-_");
  if (!parts || parts->digits.size() > 2) return std::nullopt;
  if (!ends_with_one_of(parts->head, {"latin", "isolatin"})) return std::nullopt;
  std::size_t number = 0;
  for (const char c : parts->digits) number = number * 10 + static_cast<std::size_t>(c - '0');
  if (number >= parts_of_iso.size()) return std::nullopt;
  return "iso-8859-" + std::to_string(parts_of_iso[number]);
}

Alias euro(std::string_view name) {
  if (!name.ends_with("@euro") || name.size() == 5) return std::nullopt;
  return std::string(name.substr(0, name.size() - 5));
}

Alias iso(std::string_view name) {
  const auto joined = numbered(name, "");
  if (!joined) return std::nullopt;
  if (joined->digits.starts_with("8859") && joined->digits.size() > 4 &&
      ends_with_word(joined->head, "iso")) {
    return "iso-8859-" + std::string(joined->digits.substr(4));
  }
  const auto part = numbered(name, "-_");
  const auto number = numbered(part->head, "-_");
  const bool is_separated = part->head.size() < joined->head.size();
  if (!is_separated || !number || !ends_with_word(number->head, "iso")) return std::nullopt;
  return "iso-" + std::string(number->digits) + "-" + std::string(part->digits);
}

Alias ascii_name(std::string_view name) {
  if (ends_with_one_of(name, {"ansix3.4-1968", "ansix3.41968", "ansix3.4_1968", "ansi-x3.4-1968",
                              "ansi_x3.4-1968", "ansi_x3.41968", "ansi-x3.41968"})) {
    return "ascii";
  }
  std::string_view head = name;
  if (head.ends_with("us")) head.remove_suffix(2);
  if (head.size() < name.size() && (head.ends_with('-') || head.ends_with('_'))) {
    head.remove_suffix(1);
  }
  const bool is_646 = ends_with_one_of(head, {"646", "iso646", "iso-646", "iso_646"});
  if (is_646 || is_one_of(name, {"c", "us-ascii", "usascii"})) return "ascii";
  return std::nullopt;
}

Alias unicode(std::string_view name) {
  if (is_one_of(name, {"utf16", "utf32"})) return "utf-" + std::string(name.substr(3));
  if (name.starts_with("utf") && (name.ends_with("le") || name.ends_with("be"))) {
    std::string_view bits = name.substr(3, name.size() - 5);
    if (bits.starts_with('-')) bits.remove_prefix(1);
    if (bits.ends_with('-')) bits.remove_suffix(1);
    if (bits == "16" || bits == "32")
      return "utf-" + std::string(bits) + std::string(name.substr(name.size() - 2));
  }
  if (is_one_of(name, {"ucs2", "ucs-2", "ucs2-", "ucs-2-", "ucs2be", "ucs2-be", "ucs-2-be",
                       "iso-10646-1"})) {
    return "ucs-2be";
  }
  if (is_one_of(name, {"ucs2le", "ucs2-le", "ucs-2-le"})) return "ucs-2le";
  if (is_one_of(name, {"ucs4", "ucs-4", "ucs4-", "ucs-4-"})) return "utf-32";
  if (is_one_of(name, {"ucs4be", "ucs4-be", "ucs-4be", "ucs-4-be"})) return "utf-32be";
  if (is_one_of(name, {"ucs4le", "ucs4-le", "ucs-4le", "ucs-4-le"})) return "utf-32le";
  if (is_one_of(name, {"utf7", "unicode-1-1-utf7", "unicode-1-1-utf-7"})) return "utf-7";
  return std::nullopt;
}

// In the order in which Encode tries them.
constexpr Alias (*aliases[])(std::string_view) = {
    one_underscore, utf8, chinese_of_taiwan, korean, japanese, chinese,    koi8, mac,
    code_page,      thai, language,          latin,  euro,     ascii_name, iso,  unicode};

std::string resolve(std::string_view name, int depth) {
  const auto* const found = std::find(std::begin(known), std::end(known), name);
  if (found != std::end(known)) return std::string(*found);
  if (depth == 0) return {};
  for (const auto& alias : aliases) {
    const Alias next = alias(name);
    if (!next || *next == name) continue;
    std::string charset = resolve(*next, depth - 1);
    if (!charset.empty()) return charset;
  }
  return {};
}

}  // namespace

std::string encode_name(std::string_view charset) {
  if (charset.size() > max_name_size) return {};
  std::string name;
  for (const char c : charset) {
    if (!ascii::is_space(c) && c != '\v' && c != '\f') name += ascii::to_lower(c);
  }
  return resolve(name, max_aliases);
}

}  // namespace postern::io
