#include "lib/io/iconv/escape_charsets.hpp"

#include <algorithm>
#include <cstddef>

#include "lib/antispam/text/characters.hpp"
#include "lib/io/iconv/double_byte.hpp"

namespace postern::io {
namespace {

enum class Set { ascii, jis_0208, jis_0212, kana };

struct Escape {
  std::string_view text;
  Set set = Set::ascii;
};

constexpr Escape escapes[] = {{"\x1B$(D", Set::jis_0212}, {"\x1B$@", Set::jis_0208},
                              {"\x1B$B", Set::jis_0208},  {"\x1B&@\x1B$B", Set::jis_0208},
                              {"\x1B(B", Set::ascii},     {"\x1B(J", Set::ascii},
                              {"\x1B(I", Set::kana}};

const Escape* leading_escape(std::string_view bytes) {
  for (const Escape& escape : escapes) {
    if (bytes.starts_with(escape.text)) return &escape;
  }
  return nullptr;
}

std::string raised(std::string_view bytes) {
  std::string text(bytes);
  for (char& c : text) {
    if (c > ' ' && c < '\x7F') c = static_cast<char>(c | '\x80');
  }
  return text;
}

bool is_raised(char c, unsigned char most) {
  const auto octet = static_cast<unsigned char>(c);
  return octet >= 0xA1 && octet <= most;
}

// A stretch of text in one set, as EUC-JP has it.
std::string as_euc_jp(std::string_view chunk, Set set) {
  if (set == Set::ascii) return std::string(chunk);
  const std::string high = raised(chunk);
  if (set == Set::jis_0208) return high;
  std::string text;
  for (std::size_t i = 0; i < high.size(); ++i) {
    if (set == Set::kana) {
      if (is_raised(high[i], 0xDF)) text += '\x8E';
    } else if (i + 1 < high.size() && is_raised(high[i], 0xFE) && is_raised(high[i + 1], 0xFE)) {
      text += '\x8F';
      text += high[i++];
    }
    text += high[i];
  }
  return text;
}

}  // namespace

std::optional<std::string> decode_iso_2022_jp(std::string_view bytes) {
  const DoubleByteTable* const table = DoubleByteTable::find("euc-jp");
  if (table == nullptr) return std::nullopt;
  const auto* const high = std::find_if_not(bytes.begin(), bytes.end(), antispam::is_ascii_octet);
  bytes = bytes.substr(0, static_cast<std::size_t>(high - bytes.begin()));
  std::string euc(bytes.substr(0, bytes.find('\x1B')));
  bytes.remove_prefix(euc.size());
  while (!bytes.empty()) {
    const Escape* const escape = leading_escape(bytes);
    if (escape == nullptr) break;  // text behind an unknown one is lost
    bytes.remove_prefix(escape->text.size());
    const std::string_view chunk = bytes.substr(0, bytes.find('\x1B'));
    euc += as_euc_jp(chunk, escape->set);
    bytes.remove_prefix(chunk.size());
  }
  return table->decode(euc, OnBadOctet::quote);
}

std::optional<std::string> decode_iso_2022_kr(std::string_view bytes) {
  constexpr std::string_view designator = "\x1B$)C";
  constexpr char shift_out = '\x0E';
  constexpr char shift_in = '\x0F';
  const DoubleByteTable* const table = DoubleByteTable::find("euc-kr");
  if (table == nullptr) return std::nullopt;
  std::string plain;
  while (!bytes.empty()) {
    const std::size_t at = bytes.find(designator);
    plain += bytes.substr(0, at);
    bytes.remove_prefix(at == bytes.npos ? bytes.size() : at + designator.size());
  }
  std::string euc;
  std::string_view rest = plain;
  while (!rest.empty()) {
    const std::size_t out = rest.find(shift_out);
    const std::size_t in = out == rest.npos ? rest.npos : rest.find(shift_in, out);
    euc += rest.substr(0, in == rest.npos ? rest.npos : out);
    if (in == rest.npos) break;
    euc += raised(rest.substr(out + 1, in - out - 1));
    rest.remove_prefix(in + 1);
  }
  euc.resize(std::min(euc.find('\x1B'), euc.size()));
  return table->decode(euc, OnBadOctet::quote);
}

std::optional<std::string> decode_hz(std::string_view bytes, OnBadOctet on_bad) {
  const DoubleByteTable* const table = DoubleByteTable::find("euc-cn");
  if (table == nullptr) return std::nullopt;
  const auto is_pair = [](std::string_view text) {
    return text.size() > 1 && text[0] > ' ' && text[0] <= '\x77' && text[1] > ' ' &&
           text[1] <= '\x7E';
  };
  std::string text;
  bool is_ascii = true;
  while (!bytes.empty()) {
    std::size_t size = 0;
    if (!is_ascii && is_pair(bytes)) {
      while (is_pair(bytes.substr(size))) size += 2;
      const auto chunk = table->decode(raised(bytes.substr(0, size)), on_bad);
      if (!chunk) return std::nullopt;
      text += *chunk;
    } else if (is_ascii && bytes[0] != '~' && antispam::is_ascii_octet(bytes[0])) {
      text += bytes[0];
      size = 1;
    } else if (bytes.starts_with(is_ascii ? "~{" : "~}")) {
      is_ascii = !is_ascii;
      size = 2;
    } else if (is_ascii && (bytes.starts_with("~~") || bytes.starts_with("~\n"))) {
      if (bytes[1] == '~') text += '~';
      size = 2;
    }
    if (size == 0) break;
    bytes.remove_prefix(size);
  }
  return text;
}

}  // namespace postern::io
