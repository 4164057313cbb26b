// How learned cells judge a message, and what a message teaches them.
//
// Models that err differently are added up as log-odds, after the filters that came out first at
// TREC 2007 (Cormack): four online logistic regressions, one for each family of features, which
// learn from their own errors; and a naive Bayes with a confidence factor over words and sparse
// bigrams, which only counts, and stays right when mail changes.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "lib/antispam/classifier/cells.hpp"
#include "lib/antispam/classifier/feature.hpp"
#include "lib/antispam/classifier/personal_model.hpp"

namespace postern::antispam {

enum class MailClass { ham, spam };

/// Cells that were asked for, in the order of Features::slots(), and the totals beside them.
struct KnownCells {
  std::vector<Cell> cells;
  Cell totals;
};

[[nodiscard]] KnownCells read_cells(const Features& features, const CellSource& source);

/// Log-odds are natural; positive means spam.
struct Judgement {
  std::array<double, feature_families> logistic{};  ///< As they learn, no probabilities.
  double bayes = 0;                                 ///< The same.
  double personal = 0;                              ///< Of the user's own model.
  double log_odds = 0;                              ///< Of all together, calibrated.
  double probability = 0.5;
};

/// \param known  Of exactly these features.
/// \param own    The model of the recipient; nullptr: none.
[[nodiscard]] Judgement classify(const Features& features, const KnownCells& known,
                                 const PersonalModel* own = nullptr);

/// What a message teaches that is learned for the first time, given what was known before.
[[nodiscard]] Lesson teach(const Features& features, const KnownCells& known, MailClass taught);

/// The same for a message that was learned before and is gone through once more. Nothing is
/// counted; add it to the lesson that is kept beside the message.
[[nodiscard]] Lesson teach_again(const Features& features, const KnownCells& known,
                                 MailClass taught);

/// What a message of his adds to a user's own model.
[[nodiscard]] PersonalLesson teach_personal(const Features& features, const KnownCells& site,
                                            const PersonalModel& own, MailClass taught);

/// Tells whether a message still has the features that it was learned with.
[[nodiscard]] std::uint64_t features_digest(const Features& features);

/// What each feature adds to Judgement::log_odds, in the order of Features::slots(); of families
/// whose sum is bounded, before that.
[[nodiscard]] std::vector<double> contributions(const Features& features, const KnownCells& known);

}  // namespace postern::antispam
