#include "lib/antispam/classifier/feature_collector.hpp"

#include <algorithm>

#include "lib/store/hash.hpp"

namespace postern::antispam {
namespace {

/// A power of two, so that it is at most half full.
constexpr unsigned table_bits = 16;
constexpr std::size_t table_size = std::size_t{1} << table_bits;
static_assert(table_size >= 2 * feature_families * max_listed_features);
constexpr std::size_t usual_features = 2'048;

/// The last step of MurmurHash3: every bit of the input reaches the upper ones.
constexpr std::uint64_t spread(std::uint64_t hash) {
  hash ^= hash >> 33U;
  hash *= 0xFF51AFD7ED558CCDU;
  hash ^= hash >> 33U;
  hash *= 0xC4CEB9FE1A85EC53U;
  return hash ^ (hash >> 33U);
}

constexpr Slot slot_of(FeatureKind kind, std::uint64_t hash) {
  const std::uint64_t kinds = (static_cast<std::uint64_t>(kind) + 1) * 0x9E3779B97F4A7C15U;
  return static_cast<Slot>(spread(hash ^ kinds) >> (64U - slot_bits));
}

}  // namespace

std::size_t Features::size() const {
  std::size_t size = 0;
  for (const auto& list : lists) size += list.size();
  return size;
}

std::size_t Features::counted() const {
  return of(FeatureFamily::single).size() + of(FeatureFamily::pair).size();
}

std::vector<Slot> Features::slots() const {
  std::vector<Slot> all;
  all.reserve(size());
  for (const auto& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

FeatureCollector::FeatureCollector(std::vector<NamedFeature>* names)
    : table_(table_size), names_(names) {
  for (auto& list : features_.lists) list.reserve(usual_features);
}

bool FeatureCollector::insert(Slot slot, FeatureFamily family) {
  std::vector<Slot>& list = features_.lists[static_cast<std::size_t>(family)];
  if (list.size() == max_listed_features) return false;
  std::size_t at = (slot * 0x9E3779B1U) >> (32U - table_bits);
  for (; table_[at] != 0; at = (at + 1) & (table_size - 1)) {
    if (table_[at] == slot + 1) return false;
  }
  table_[at] = slot + 1;
  list.push_back(slot);
  return true;
}

void FeatureCollector::add_grams(FeatureFamily family, std::string_view text,
                                 std::size_t max_octets) {
  text = text.substr(0, max_octets);
  const auto kind =
      family == FeatureFamily::header_gram ? FeatureKind::header_gram : FeatureKind::body_gram;
  std::uint32_t gram = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    gram = gram << 8U | static_cast<unsigned char>(text[i]);
    if (i >= 3) insert(slot_of(kind, gram), family);
  }
}

void FeatureCollector::add(FeatureKind kind, std::uint64_t hash, std::string_view context,
                           std::string_view text, std::string_view second) {
  const Slot slot = slot_of(kind, hash);
  const bool is_pair = kind == FeatureKind::body_pair || kind == FeatureKind::header_pair;
  const FeatureFamily family = is_pair ? FeatureFamily::pair : FeatureFamily::single;
  if (!insert(slot, family) || names_ == nullptr) return;
  names_->push_back({slot, kind, std::string(context), std::string(text), std::string(second)});
}

std::uint64_t hash_text(std::string_view text, std::uint64_t basis) {
  std::uint64_t hash = basis;
  for (const char c : text) {
    const bool is_capital = c >= 'A' && c <= 'Z';
    hash = (hash ^ static_cast<unsigned char>(is_capital ? c + ('a' - 'A') : c)) * store::fnv_prime;
  }
  return hash;
}

std::uint64_t hash_text(std::string_view text) {
  return hash_text(text, store::fnv_basis);
}

std::uint64_t combine(std::uint64_t a, std::uint64_t b) {
  return spread(a) * 3 + b;
}

}  // namespace postern::antispam
