#include "lib/antispam/message/normalize_charset.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "lib/antispam/text/characters.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::any_of(names.begin(), names.end(), [name](std::string_view each) {
    return ascii::equals_ignoring_case(name, each);
  });
}

bool is_plain_ascii_name(std::string_view name) {
  return is_one_of(name, {"ascii", "us-ascii", "ansi_x3.4-1986", "ansi x3.4-1986", "ansix3.4-1986",
                          "ansi_x3.4-1968", "ansi x3.4-1968", "ansix3.4-1968", "iso646-us"});
}

// Takes `prefix` off in any case.
bool take(std::string_view& text, std::string_view prefix) {
  if (!ascii::starts_with_ignoring_case(text, prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

void take_one_of(std::string_view& text, std::string_view characters) {
  if (!text.empty() && characters.find(text.front()) != characters.npos) text.remove_prefix(1);
}

bool are_digits(std::string_view text, std::size_t least, std::size_t most) {
  return text.size() >= least && text.size() <= most &&
         std::all_of(text.begin(), text.end(), ascii::is_digit);
}

bool is_iso_8859(std::string_view name) {
  if (!take(name, "iso")) return false;
  take_one_of(name, " -");
  if (!take(name, "8859")) return false;
  return name.empty() || (name[0] == '-' && are_digits(name.substr(1), 1, 2));
}

bool is_gb18030(std::string_view name) {
  if (!take(name, "gb")) return false;
  take_one_of(name, " -");
  if (!take(name, "18030")) return false;
  return name.empty() || (take(name, "-20") && are_digits(name, 2, 2));
}

bool is_koi8_or_euc(std::string_view name) {
  if (!take(name, "koi8-") && !take(name, "euc-")) return false;
  return !name.empty() && name.size() <= 2 &&
         std::all_of(name.begin(), name.end(), ascii::is_alpha);
}

bool is_windows(std::string_view name) {
  return take(name, "windows-") && are_digits(name, 4, 4);
}

// Charsets whose ASCII is ASCII, by the spellings that SpamAssassin knows.
bool is_superset_of_ascii(std::string_view name) {
  return is_plain_ascii_name(name) || is_one_of(name, {"utf-8", "utf8", "big5", "gbk"}) ||
         is_iso_8859(name) || is_windows(name) || is_koi8_or_euc(name) || is_gb18030(name);
}

bool is_utf16_name(std::string_view name) {
  if (!take(name, "utf")) return false;
  take_one_of(name, " -");
  return name.starts_with("16");
}

struct Nibbles {
  std::uint64_t even = 0, odd = 0;
};

// Without a byte order mark: which order makes more sense. Empty: cannot be told.
std::string_view guess_utf16(std::string_view bytes) {
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) return {};
  Nibbles sums;
  std::uint64_t little = 0;
  std::uint64_t big = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    const auto first = static_cast<unsigned char>(bytes[i]);
    const auto second = static_cast<unsigned char>(i + 1 < bytes.size() ? bytes[i + 1] : '\0');
    sums.even += (first >> 4) + (first & 0xFU);
    sums.odd += (second >> 4) + (second & 0xFU);
    if (first == 0x20 && second == 0) ++little;
    if (first == 0 && second == 0x20) ++big;
  }
  if (sums.even > sums.odd * 4) ++little;
  if (sums.odd * 4 > sums.even) ++big;
  if (little == big) return {};
  return little > big ? "UTF-16LE" : "UTF-16BE";
}

// ASCII with some punctuation and letters, at home in Windows-1252.
bool is_western(std::string_view bytes) {
  static constexpr auto allowed = [] {
    std::array<bool, 256> set{};
    const auto range = [&set](unsigned from, unsigned to) {
      for (unsigned i = from; i <= to; ++i) set[i] = true;
    };
    range(0x00, 0x7F);
    range(0x91, 0x97);
    range(0xC0, 0xD6);
    range(0xD8, 0xDE);
    range(0xE0, 0xF6);
    range(0xF8, 0xFE);
    for (const unsigned one : {0xA0U, 0xA9U, 0xADU, 0x82U, 0x84U, 0x85U, 0x99U}) set[one] = true;
    return set;
  }();
  return std::all_of(bytes.begin(), bytes.end(),
                     [](char c) { return allowed[static_cast<unsigned char>(c)]; });
}

std::string_view decoder_name(std::string_view declared, const StrictCharsets& charsets) {
  if (is_one_of(declared, {"iso-8859-1", "iso8859-1", "windows-1252", "cp1252"})) return "cp1252";
  if (is_one_of(declared, {"utf-8", "utf8"})) return "UTF-8";
  if (is_gb18030(declared) && !charsets.knows(declared)) return "gbk";
  return declared;
}

std::optional<std::string> decode_as_declared(std::string_view bytes, std::string_view declared,
                                              bool insist, bool tried_utf8,
                                              const StrictCharsets& charsets) {
  if (!insist && is_one_of(declared, {"ascii", "us-ascii"})) return std::nullopt;
  if (is_utf16_name(declared)) {
    const std::string_view order = guess_utf16(bytes);
    return order.empty() ? std::nullopt : charsets.decode(bytes, order);
  }
  const std::string_view name = decoder_name(declared, charsets);
  if (tried_utf8 && name == "UTF-8") return std::nullopt;
  return insist ? charsets.decode_lenient(bytes, name) : charsets.decode(bytes, name);
}

}  // namespace

PerlString normalize_charset(std::string_view bytes, std::string_view declared, bool insist,
                             const StrictCharsets& charsets) {
  const bool is_ascii = is_all_ascii(bytes);
  if (is_ascii && is_superset_of_ascii(declared)) return {std::string(bytes), false};
  const bool tries_utf8 = !is_ascii && !insist;
  if (tries_utf8) {
    if (auto text = charsets.decode(bytes, "UTF-8")) return {*std::move(text), true};
  }
  if (auto text = decode_as_declared(bytes, declared, insist, tries_utf8, charsets)) {
    return {*std::move(text), true};
  }
  if (is_ascii) return {std::string(bytes), false};
  if (is_western(bytes)) {
    if (auto text = charsets.decode(bytes, "cp1252")) return {*std::move(text), true};
  }
  if (auto text = charsets.decode_lenient(bytes, "cp1252")) return {*std::move(text), true};
  return {std::string(bytes), false};
}

}  // namespace postern::antispam
