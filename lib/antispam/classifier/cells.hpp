// What is learned of features: integers that are only ever added up.
//
// Additions commute, so processes that train at once, and hosts that meet later, come to the same
// model in whatever order their deltas arrive; and a lesson is taken back by adding its inverse.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/antispam/classifier/feature.hpp"
#include "lib/base/result.hpp"

namespace postern::antispam {

/// Of `Cell::weight`, for one unit of log-odds.
inline constexpr std::int32_t weight_unit = 65'536;

/// What is known of one slot. Numbers wrap round like unsigned ones, so that adding stays exact
/// whatever comes; it takes 30,000 lessons of the greatest step in one direction to get there.
struct Cell {
  std::int32_t weight = 0;  ///< Positive: spam.
  std::int32_t spam = 0;    ///< Messages of each class that had the feature.
  std::int32_t ham = 0;

  Cell& operator+=(const Cell& other);
  [[nodiscard]] bool is_zero() const { return weight == 0 && spam == 0 && ham == 0; }
  bool operator==(const Cell&) const = default;
};

/// What a message adds to each of its cells. Keep it beside the message: inverse() unlearns the
/// message exactly, now or later, whatever was learned since. The cells need no record: they are
/// found again from the message, which the learner keeps (features_digest() tells if they differ).
struct Lesson {
  std::array<std::int32_t, feature_families> weights{};
  std::int32_t spam = 0, ham = 0;  ///< For the cells that are counted, and for the totals.

  Lesson& operator+=(const Lesson& other);
  [[nodiscard]] Lesson inverse() const;
  /// What it adds to a cell of that family.
  [[nodiscard]] Cell cell(FeatureFamily family) const;
  bool operator==(const Lesson&) const = default;
};

/// What lessons add to a model, ordered by slot; no cell is zero. To gather many lessons a
/// CellTable is faster.
class CellDeltas {
 public:
  using Entry = std::pair<Slot, Cell>;

  CellDeltas() = default;
  CellDeltas(const Features& features, const Lesson& lesson);
  void merge(const CellDeltas& other);

  [[nodiscard]] const std::vector<Entry>& cells() const { return cells_; }
  /// Messages learned, in `spam` and `ham`.
  [[nodiscard]] const Cell& totals() const { return totals_; }
  bool operator==(const CellDeltas&) const = default;

  /// Octets for a journal, a snapshot, or another host: versions, totals, and each slot as the gap
  /// behind the one before, all as numbers of varint.hpp. What keeps them has to notice damage.
  [[nodiscard]] std::string format() const;

 private:
  friend class CellTable;
  friend Parsed<CellDeltas> parse_cell_deltas(std::string_view octets);
  std::vector<Entry> cells_;
  Cell totals_;
};

/// Reads what format() wrote. \return An error also for another version of features.
[[nodiscard]] Parsed<CellDeltas> parse_cell_deltas(std::string_view octets);

/// Where cells come from: a table in memory, or a store behind a snapshot.
class CellSource {
 public:
  CellSource() = default;
  CellSource(const CellSource&) = delete;
  CellSource& operator=(const CellSource&) = delete;
  virtual ~CellSource() = default;
  /// All at once, in the order of `slots`; what nobody has learned is zero.
  virtual void read(std::span<const Slot> slots, std::span<Cell> cells) const = 0;
  /// Messages learned, in `spam` and `ham`.
  [[nodiscard]] virtual Cell totals() const = 0;
};

/// A whole model in memory: 12 MiB.
class CellTable final : public CellSource {
 public:
  CellTable() : cells_(max_slots) {}
  void read(std::span<const Slot> slots, std::span<Cell> cells) const override;
  [[nodiscard]] Cell totals() const override { return totals_; }

  void add(const Features& features, const Lesson& lesson);
  void add(const CellDeltas& deltas);
  /// All that is not zero, such as for a snapshot.
  [[nodiscard]] CellDeltas contents() const;

 private:
  std::vector<Cell> cells_;
  Cell totals_;
};

}  // namespace postern::antispam
