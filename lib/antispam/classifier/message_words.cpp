#include "lib/antispam/classifier/message_words.hpp"

#include <algorithm>
#include <array>

#include "lib/antispam/classifier/feature_collector.hpp"
#include "lib/store/hash.hpp"

namespace postern::antispam {
namespace {

constexpr std::size_t long_word_start = 8;  ///< Octets of a long word that count.

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr bool is_in_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         static_cast<unsigned char>(c) >= 0x80 || c == '\'' || c == '$' || c == '!' || c == '-' ||
         c == '_';
}

constexpr bool is_at_no_end(char c) {
  return c == '-' || c == '\'' || c == '_';
}

constexpr auto word_octets = [] {
  std::array<bool, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = is_in_word(static_cast<char>(i));
  return table;
}();

bool is_of_word(char c) {
  return word_octets[static_cast<unsigned char>(c)];
}

std::uint64_t masked_hash(std::string_view text) {
  std::uint64_t hash = store::fnv_basis;
  for (const char c : text) {
    const char nine = '9';
    hash = hash_text({is_digit(c) ? &nine : &c, 1}, hash);
  }
  return hash;
}

HashedWord make_word(std::string_view text) {
  HashedWord word;
  word.text = text;
  if (text.size() > max_word_size) {
    const std::size_t about = std::min<std::size_t>(text.size() / long_word_start, 20);
    word.hash = hash_text(text.substr(0, long_word_start)) * 31 + about;
    word.masked = word.hash;
    return word;
  }
  word.hash = hash_text(text);
  word.masked = std::any_of(text.begin(), text.end(), is_digit) ? masked_hash(text) : word.hash;
  return word;
}

char class_of(char c) {
  if (is_digit(c)) return '9';
  if (c >= 'a' && c <= 'z') return 'a';
  if (c >= 'A' && c <= 'Z') return 'A';
  if (static_cast<unsigned char>(c) >= 0x80) return 'u';
  return c == ' ' || (c >= '\t' && c <= '\r') ? ' ' : c;
}

bool is_folded(char shape) {
  return shape == '9' || shape == 'a' || shape == 'A' || shape == 'u' || shape == ' ';
}

}  // namespace

void append_words(std::vector<HashedWord>& words, std::string_view text, std::size_t max_words) {
  std::size_t i = 0;
  while (words.size() < max_words) {
    while (i < text.size() && !is_of_word(text[i])) ++i;
    if (i == text.size()) return;
    std::size_t end = i;
    while (end < text.size() && is_of_word(text[end])) ++end;
    std::string_view word = text.substr(i, end - i);
    i = end;
    while (!word.empty() && is_at_no_end(word.front())) word.remove_prefix(1);
    while (!word.empty() && is_at_no_end(word.back())) word.remove_suffix(1);
    if (!word.empty()) words.push_back(make_word(word));
  }
}

std::string shape_of(std::string_view text, std::size_t max_size) {
  std::string shape;
  for (const char c : text) {
    const char next = class_of(c);
    if (!shape.empty() && shape.back() == next && is_folded(next)) continue;
    if (shape.size() == max_size) break;
    shape += next;
  }
  return shape;
}

}  // namespace postern::antispam
