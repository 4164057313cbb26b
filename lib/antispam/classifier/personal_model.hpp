// What one user taught beyond what the site knows: a small overlay on the site's model.
//
// Features are hashed once more, into few cells and with a sign, so that those who meet in one cell
// cancel out on average (Weinberger et al. 2009, personal filters by feature hashing). The model of
// a user has one size whatever he teaches, and nobody else's verdict reads it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/antispam/classifier/feature.hpp"
#include "lib/base/result.hpp"

namespace postern::antispam {

inline constexpr unsigned personal_bits = 11;
inline constexpr std::size_t personal_cells = std::size_t{1} << personal_bits;

/// What a message adds to a user's model; `inverse()` unlearns it exactly.
struct PersonalLesson {
  std::int32_t weight = 0;  ///< Of each feature; positive: spam.
  std::int32_t spam = 0, ham = 0;

  [[nodiscard]] PersonalLesson inverse() const { return {-weight, -spam, -ham}; }
  bool operator==(const PersonalLesson&) const = default;
};

class PersonalModel {
 public:
  /// Log-odds that the user's lessons add; 0 while there are none.
  [[nodiscard]] double log_odds(const Features& features) const;
  /// Of one single feature.
  [[nodiscard]] double weight_of(Slot slot) const;

  void add(const Features& features, const PersonalLesson& lesson);
  /// Of the same user, from another process.
  void merge(const PersonalModel& other);

  [[nodiscard]] std::int32_t spam() const { return spam_; }
  [[nodiscard]] std::int32_t ham() const { return ham_; }
  bool operator==(const PersonalModel&) const = default;

  /// At most about 8 kB, about half of that after a hundred lessons.
  [[nodiscard]] std::string format() const;

 private:
  friend Parsed<PersonalModel> parse_personal_model(std::string_view octets);
  std::array<std::int32_t, personal_cells> cells_{};
  std::int32_t spam_ = 0, ham_ = 0;
};

/// Reads what format() wrote. \return An error also for another version of features.
[[nodiscard]] Parsed<PersonalModel> parse_personal_model(std::string_view octets);

}  // namespace postern::antispam
