#include "lib/io/iconv/double_byte.hpp"

#include <algorithm>
#include <memory>
#include <mutex>
#include <span>

#include "lib/antispam/text/characters.hpp"
#include "lib/io/iconv/charset_patches.hpp"
#include "lib/io/iconv/single_byte.hpp"

namespace postern::io {

/// Octets that stand alone and become characters that count up.
struct SingleRange {
  unsigned char first = 0, last = 0;
  std::uint32_t character = 0;
};

struct DoubleByteTable::Row {
  std::string_view encode;
  const char* iconv = nullptr;
  std::span<const CharsetPatch> patches;
  std::span<const SingleRange> singles;
  bool has_triples = false;
};

namespace {

constexpr SingleRange cp936_singles[] = {{0x80, 0x80, 0x20AC}, {0xFF, 0xFF, 0xF8F5}};
constexpr SingleRange cp950_singles[] = {{0x80, 0x80, 0x80}, {0xFF, 0xFF, 0xF8F8}};
constexpr SingleRange cp949_singles[] = {{0x80, 0x80, 0x80}, {0xFF, 0xFF, 0xF8F7}};
constexpr SingleRange kana[] = {{0xA1, 0xDF, 0xFF61}};
constexpr SingleRange cp932_singles[] = {
    {0x80, 0x80, 0x80}, {0xA0, 0xA0, 0xF8F0}, {0xA1, 0xDF, 0xFF61}, {0xFD, 0xFF, 0xF8F1}};

const std::array<DoubleByteTable::Row, 11>& rows() {
  static const std::array<DoubleByteTable::Row, 11> all = {{
      {"big5-eten", "BIG5", big5_patches(), {}, false},
      {"big5-hkscs", "BIG5-HKSCS", {}, {}, false},
      {"cp932", "CP932", {}, cp932_singles, false},
      {"cp936", "GBK", cp936_patches(), cp936_singles, false},
      {"cp949", "UHC", cp949_patches(), cp949_singles, false},
      {"cp950", "CP950", cp950_patches(), cp950_singles, false},
      {"euc-cn", "EUC-CN", {}, {}, false},
      {"euc-jp", "EUC-JISX0213", euc_jp_patches(), {}, true},
      {"euc-kr", "EUC-KR", euc_kr_patches(), {}, false},
      {"johab", "JOHAB", {}, {}, false},
      {"shiftjis", "SHIFT_JIS", {}, kana, false},
  }};
  return all;
}

constexpr unsigned first_lead = 0x80;
constexpr unsigned first_of_triple = 0xA1;
constexpr unsigned triple_width = 94;
constexpr char triple_mark = '\x8F';

unsigned char octet(char c) {
  return static_cast<unsigned char>(c);
}

}  // namespace

DoubleByteTable::DoubleByteTable(const Row& row) {
  for (std::uint32_t i = 0; i < 0x80; ++i) single_[i] = i;
  for (const SingleRange& range : row.singles) {
    for (std::uint32_t i = range.first; i <= range.last; ++i) {
      single_[i] = range.character + (i - range.first);
    }
  }
  fill_pairs(row);
  if (row.has_triples) fill_triples();
}

void DoubleByteTable::fill_pairs(const Row& row) {
  OneCharacter reader(row.iconv);
  if (!reader.is_open()) return;
  pairs_.assign(std::size_t{128} * 256, 0);
  for (unsigned first = first_lead; first < 256; ++first) {
    if (single_[first] != 0) continue;
    for (unsigned second = 0x21; second < 0xFF; ++second) {
      const std::array<char, 2> two = {static_cast<char>(first), static_cast<char>(second)};
      pairs_[(first - first_lead) * 256 + second] = reader.read({two.data(), two.size()});
    }
  }
  for (const CharsetPatch& patch : row.patches) {
    for (unsigned i = 0; i < patch.count; ++i) {
      pairs_[patch.pair - first_lead * 256U + i] = patch.character == 0 ? 0 : patch.character + i;
    }
  }
  for (unsigned first = first_lead; first < 256; ++first) {
    const auto begin = pairs_.begin() + (first - first_lead) * 256;
    is_lead_[first] = std::any_of(begin, begin + 256, [](std::uint32_t c) { return c != 0; });
  }
}

// JIS X 0213, and JIS X 0212 where it has nothing.
void DoubleByteTable::fill_triples() {
  OneCharacter newer("EUC-JISX0213");
  OneCharacter older("EUC-JP");
  triples_.assign(std::size_t{triple_width} * triple_width, 0);
  for (unsigned first = 0; first < triple_width; ++first) {
    for (unsigned second = 0; second < triple_width; ++second) {
      const std::array<char, 3> three = {triple_mark, static_cast<char>(first + first_of_triple),
                                         static_cast<char>(second + first_of_triple)};
      const std::uint32_t character = newer.read({three.data(), three.size()});
      triples_[first * triple_width + second] =
          character != 0 ? character : older.read({three.data(), three.size()});
    }
  }
}

const DoubleByteTable* DoubleByteTable::find(std::string_view name) {
  static std::array<std::once_flag, 11> once;
  static std::array<std::unique_ptr<const DoubleByteTable>, 11> tables;
  const auto row = std::find_if(rows().begin(), rows().end(),
                                [name](const Row& each) { return each.encode == name; });
  if (row == rows().end()) return nullptr;
  const auto index = static_cast<std::size_t>(row - rows().begin());
  std::call_once(once[index],
                 [&] { tables[index] = std::make_unique<const DoubleByteTable>(*row); });
  return tables[index]->pairs_.empty() ? nullptr : tables[index].get();
}

std::uint32_t DoubleByteTable::pair(unsigned char first, unsigned char second) const {
  return pairs_[(first - first_lead) * 256U + second];
}

DoubleByteTable::Found DoubleByteTable::leading(std::string_view bytes) const {
  const unsigned char first = octet(bytes[0]);
  if (first == 0 || single_[first] != 0) return {1, single_[first], false};
  const bool is_triple = bytes[0] == triple_mark && !triples_.empty();
  if (!is_triple && !is_lead_[first]) return {};
  if (bytes.size() == 1) return {0, 0, true};
  const unsigned char second = octet(bytes[1]);
  if (!is_triple) {
    const std::uint32_t character = pair(first, second);
    return character == 0 ? Found{} : Found{2, character, false};
  }
  if (second < first_of_triple || second == 0xFF) return {};
  if (bytes.size() == 2) return {0, 0, true};
  const unsigned char third = octet(bytes[2]);
  if (third < first_of_triple || third == 0xFF) return {};
  const std::uint32_t character =
      triples_[(second - first_of_triple) * triple_width + (third - first_of_triple)];
  return character == 0 ? Found{} : Found{3, character, false};
}

std::optional<std::string> DoubleByteTable::decode(std::string_view bytes,
                                                   OnBadOctet on_bad) const {
  std::string text;
  text.reserve(bytes.size() * 3 / 2);
  while (!bytes.empty()) {
    const Found found = leading(bytes);
    if (found.is_cut) break;
    if (found.size == 0) {
      if (!append_bad(text, bytes[0], on_bad)) return std::nullopt;
    } else {
      antispam::append_utf8(text, found.character);
    }
    bytes.remove_prefix(std::max<std::size_t>(found.size, 1));
  }
  return text;
}

}  // namespace postern::io
