#include "lib/antispam/engine/literal_prefilter.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>

#include "lib/antispam/engine/literals.hpp"

namespace postern::antispam {
namespace {

// Octets fall into 64 classes, so that three of them are a number of 18 bits. Classes that hold
// several octets cost a comparison, nothing else.
constexpr unsigned class_bits = 6;
constexpr std::uint32_t key_mask = (1U << (3 * class_bits)) - 1;

std::uint8_t class_of(std::uint8_t folded) {
  if (folded >= 'a' && folded <= 'z') return static_cast<std::uint8_t>(1 + folded - 'a');
  if (folded >= '0' && folded <= '9') return static_cast<std::uint8_t>(27 + folded - '0');
  if (folded == ' ') return 37;
  if (folded < 0x20) return 0;
  if (folded < 0x80) return static_cast<std::uint8_t>(38 + folded % 18);
  return static_cast<std::uint8_t>(56 + folded % 8);
}

const std::array<std::uint8_t, 256>& classes() {
  static const std::array<std::uint8_t, 256> table = [] {
    std::array<std::uint8_t, 256> all{};
    for (unsigned i = 0; i < all.size(); ++i) all[i] = class_of(static_cast<std::uint8_t>(i));
    return all;
  }();
  return table;
}

std::uint32_t next_key(std::uint32_t key, char folded) {
  return ((key << class_bits) | classes()[static_cast<unsigned char>(folded)]) & key_mask;
}

std::uint32_t key_at(std::string_view text, std::size_t at) {
  std::uint32_t key = 0;
  for (std::size_t i = 0; i < min_literal_size; ++i) key = next_key(key, text[at + i]);
  return key;
}

std::size_t rarest(std::string_view text) {
  std::size_t best = 0;
  double least = 2;
  for (std::size_t at = 0; at + min_literal_size <= text.size(); ++at) {
    double frequency = 1;
    for (const char c : text.substr(at, min_literal_size)) {
      frequency *= octet_frequency(static_cast<std::uint8_t>(c));
    }
    if (frequency < least) {
      least = frequency;
      best = at;
    }
  }
  return best;
}

std::uint32_t hash(std::uint32_t key) {
  return (key * 0x9E3779B1U) >> 8U;
}

void fold(std::string_view line, std::string& folded) {
  const auto& table = folded_octets();
  folded.resize(line.size());
  for (std::size_t i = 0; i < line.size(); ++i) {
    folded[i] = static_cast<char>(table[static_cast<unsigned char>(line[i])]);
  }
}

}  // namespace

LiteralPrefilter::LiteralPrefilter(const std::vector<std::string_view>& patterns)
    : patterns_(patterns.size()), is_key_((key_mask + 1) / 64) {
  std::map<std::string, std::vector<std::uint32_t>> users;
  for (std::uint32_t i = 0; i < patterns.size(); ++i) {
    const std::vector<std::string> literals = required_literals(patterns[i]);
    if (literals.empty()) unknown_.push_back(i);
    for (const std::string& literal : literals) users[literal].push_back(i);
  }
  for (auto& [text, of_patterns] : users) {
    const std::size_t anchor = rarest(text);
    literals_.push_back({text, anchor, key_at(text, anchor), std::move(of_patterns)});
  }
  index();
}

void LiteralPrefilter::index() {
  std::stable_sort(literals_.begin(), literals_.end(),
                   [](const Literal& a, const Literal& b) { return a.key < b.key; });
  slots_.resize(std::bit_ceil(2 * literals_.size() + 2));
  for (std::uint32_t first = 0; first < literals_.size();) {
    const std::uint32_t key = literals_[first].key;
    std::uint32_t last = first;
    while (last < literals_.size() && literals_[last].key == key) ++last;
    std::size_t at = hash(key) & (slots_.size() - 1);
    while (slots_[at].count != 0) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = {key, first, last - first};
    is_key_[key / 64] |= std::uint64_t{1} << (key % 64);
    first = last;
  }
}

FirstLines LiteralPrefilter::first_lines(std::span<const std::string_view> lines) const {
  FirstLines first(patterns_, no_line);
  for (const std::uint32_t pattern : unknown_) first[pattern] = 0;
  std::string folded;
  for (std::uint32_t line = 0; line < lines.size(); ++line) {
    fold(lines[line], folded);
    std::uint32_t key = 0;
    for (std::size_t i = 0; i < folded.size(); ++i) {
      key = next_key(key, folded[i]);
      if ((is_key_[key / 64] >> (key % 64) & 1U) != 0 && i + 1 >= min_literal_size) {
        look_up(folded, i + 1, key, line, first);
      }
    }
  }
  return first;
}

// The three octets before `end` are those of `key`.
void LiteralPrefilter::look_up(std::string_view folded, std::size_t end, std::uint32_t key,
                               std::uint32_t line, FirstLines& first) const {
  std::size_t at = hash(key) & (slots_.size() - 1);
  while (slots_[at].key != key || slots_[at].count == 0) at = (at + 1) & (slots_.size() - 1);
  for (std::uint32_t i = 0; i < slots_[at].count; ++i) {
    const Literal& literal = literals_[slots_[at].first + i];
    const std::size_t before = literal.anchor + min_literal_size;
    if (before > end || folded.substr(end - before, literal.text.size()) != literal.text) continue;
    for (const std::uint32_t pattern : literal.patterns) {
      first[pattern] = std::min(first[pattern], line);
    }
  }
}

}  // namespace postern::antispam
