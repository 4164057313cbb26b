#include "lib/antispam/classifier/cells.hpp"

#include <algorithm>

#include "lib/antispam/classifier/varint.hpp"

namespace postern::antispam {
namespace {

std::int32_t wrapping_sum(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
}

std::int32_t negated(std::int32_t number) {
  return static_cast<std::int32_t>(0U - static_cast<std::uint32_t>(number));
}

void append_cell(std::string& octets, const Cell& cell) {
  append_signed(octets, cell.weight);
  append_signed(octets, cell.spam);
  append_signed(octets, cell.ham);
}

bool read_cell(VarintReader& reader, Cell& cell) {
  return reader.read_signed(cell.weight) && reader.read_signed(cell.spam) &&
         reader.read_signed(cell.ham);
}

}  // namespace

Cell& Cell::operator+=(const Cell& other) {
  weight = wrapping_sum(weight, other.weight);
  spam = wrapping_sum(spam, other.spam);
  ham = wrapping_sum(ham, other.ham);
  return *this;
}

Lesson& Lesson::operator+=(const Lesson& other) {
  for (std::size_t i = 0; i < feature_families; ++i) {
    weights[i] = wrapping_sum(weights[i], other.weights[i]);
  }
  spam = wrapping_sum(spam, other.spam);
  ham = wrapping_sum(ham, other.ham);
  return *this;
}

Lesson Lesson::inverse() const {
  Lesson inverse{{}, negated(spam), negated(ham)};
  std::transform(weights.begin(), weights.end(), inverse.weights.begin(), negated);
  return inverse;
}

Cell Lesson::cell(FeatureFamily family) const {
  const bool is_counted = family == FeatureFamily::single || family == FeatureFamily::pair;
  return {weights[static_cast<std::size_t>(family)], is_counted ? spam : 0, is_counted ? ham : 0};
}

CellDeltas::CellDeltas(const Features& features, const Lesson& lesson)
    : totals_{0, lesson.spam, lesson.ham} {
  cells_.reserve(features.size());
  for (std::size_t i = 0; i < feature_families; ++i) {
    const Cell cell = lesson.cell(static_cast<FeatureFamily>(i));
    if (cell.is_zero()) continue;
    for (const Slot slot : features.lists[i]) cells_.emplace_back(slot, cell);
  }
  std::sort(cells_.begin(), cells_.end(),
            [](const Entry& a, const Entry& b) { return a.first < b.first; });
}

void CellDeltas::merge(const CellDeltas& other) {
  std::vector<Entry> merged;
  merged.reserve(cells_.size() + other.cells_.size());
  auto mine = cells_.begin();
  for (Entry theirs : other.cells_) {
    for (; mine != cells_.end() && mine->first < theirs.first; ++mine) merged.push_back(*mine);
    if (mine != cells_.end() && mine->first == theirs.first) theirs.second += (mine++)->second;
    if (!theirs.second.is_zero()) merged.push_back(theirs);
  }
  merged.insert(merged.end(), mine, cells_.end());
  cells_ = std::move(merged);
  totals_ += other.totals_;
}

std::string CellDeltas::format() const {
  std::string octets;
  append_unsigned(octets, feature_version);
  append_unsigned(octets, slot_bits);
  append_cell(octets, totals_);
  append_unsigned(octets, static_cast<std::uint32_t>(cells_.size()));
  Slot next = 0;
  for (const auto& [slot, cell] : cells_) {
    append_unsigned(octets, slot - next);
    append_cell(octets, cell);
    next = slot + 1;
  }
  return octets;
}

Parsed<CellDeltas> parse_cell_deltas(std::string_view octets) {
  VarintReader reader(octets);
  CellDeltas deltas;
  std::uint32_t version = 0, bits = 0, count = 0;
  if (!reader.read_unsigned(version) || !reader.read_unsigned(bits)) {
    return parse_error(reader.offset(), "the model is cut short");
  }
  if (version != feature_version || bits != slot_bits) {
    return parse_error(0, "the model was learned by another version of this program");
  }
  if (!read_cell(reader, deltas.totals_) || !reader.read_unsigned(count)) {
    return parse_error(reader.offset(), "the model is cut short");
  }
  Slot next = 0;
  for (; count > 0; --count) {
    std::uint32_t gap = 0;
    Cell cell;
    if (!reader.read_unsigned(gap) || !read_cell(reader, cell)) {
      return parse_error(reader.offset(), "the model is cut short");
    }
    if (gap >= max_slots - next || cell.is_zero()) {
      return parse_error(reader.offset(), "the model has a cell that cannot be");
    }
    deltas.cells_.emplace_back(next + gap, cell);
    next += gap + 1;
    if (next == max_slots && count > 1) {
      return parse_error(reader.offset(), "the model has more cells than there are");
    }
  }
  if (!reader.is_at_end()) return parse_error(reader.offset(), "something follows the model");
  return deltas;
}

void CellTable::read(std::span<const Slot> slots, std::span<Cell> cells) const {
  std::transform(slots.begin(), slots.end(), cells.begin(),
                 [&](Slot slot) { return cells_[slot]; });
}

void CellTable::add(const Features& features, const Lesson& lesson) {
  for (std::size_t i = 0; i < feature_families; ++i) {
    const Cell cell = lesson.cell(static_cast<FeatureFamily>(i));
    if (cell.is_zero()) continue;
    for (const Slot slot : features.lists[i]) cells_[slot] += cell;
  }
  totals_ += {0, lesson.spam, lesson.ham};
}

void CellTable::add(const CellDeltas& deltas) {
  for (const auto& [slot, cell] : deltas.cells()) cells_[slot] += cell;
  totals_ += deltas.totals();
}

CellDeltas CellTable::contents() const {
  CellDeltas all;
  for (Slot slot = 0; slot < max_slots; ++slot) {
    if (!cells_[slot].is_zero()) all.cells_.emplace_back(slot, cells_[slot]);
  }
  all.totals_ = totals_;
  return all;
}

}  // namespace postern::antispam
