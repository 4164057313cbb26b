#include "lib/antispam/classifier/model.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "lib/store/hash.hpp"

namespace postern::antispam {
namespace {

// Found by cross-validation (bench/accuracy): at these the sum is best, not each model by itself.

struct FamilyRecipe {
  /// Log-odds that one lesson gives to each feature at most: the more features, the less.
  double rate;
  /// Where the regression gives the taught class less probability than this, the label may be
  /// wrong, and the less it is believed. 0: every label is believed.
  double doubt;
  double share;  ///< In the sum.
};
constexpr std::array<FamilyRecipe, feature_families> recipes = {{
    {0.015, 0.15, 1},  // singles
    {0.015, 0, 1},     // pairs
    {0.012, 0, 1.5},   // grams of the header
    {0.010, 0.15, 1},  // grams of the body
}};
/// A message whose class was foreseen with less error than this teaches a regression nothing.
constexpr double near_error = 0.05;
/// Messages of each class before labels are doubted.
constexpr std::int32_t mature = 30;
/// Log-odds that one regression adds at most, so that none outvotes the others.
constexpr double most_of_family = 6;
/// How much the Bayes counts in the sum: more while there is little to learn errors from.
constexpr double bayes_share = 0.2;
constexpr double bayes_share_of_young = 0.3;  ///< More, with no messages; half of it with `young`.
constexpr double young = 100;
/// Of the sum, so that the probability is one.
constexpr double calibration = 0.5;
/// Log-odds of a user's lesson for each feature. His cells are few and his lessons too.
constexpr double personal_rate = 0.02;

double sigmoid(double log_odds) {
  return 1 / (1 + std::exp(-log_odds));
}

double as_log_odds(std::int64_t weight) {
  return static_cast<double>(weight) / weight_unit;
}

/// Of all families, from cells in the order of Features::slots().
std::array<double, feature_families> logistic(const Features& features,
                                              std::span<const Cell> cells) {
  std::array<double, feature_families> scores{};
  std::size_t i = 0;
  for (std::size_t family = 0; family < feature_families; ++family) {
    std::int64_t sum = 0;
    for (const std::size_t end = i + features.lists[family].size(); i < end; ++i) {
      sum += cells[i].weight;
    }
    scores[family] = as_log_odds(sum);
  }
  return scores;
}

/// Messages that taught, with those of a class it never saw as one.
struct Seen {
  double spam, ham;
  explicit Seen(const Cell& totals)
      : spam(std::max(totals.spam, 0) + 1.0), ham(std::max(totals.ham, 0) + 1.0) {}
};

/// Of one feature; 0: never seen. Half as much counts what one message had, then ever more.
double feature_odds_logarithm(const Cell& cell, const Seen& seen) {
  const double count = static_cast<double>(cell.spam) + cell.ham;
  if (cell.spam < 0 || cell.ham < 0 || count <= 0) return 0;
  const double in_spam = cell.spam / seen.spam;
  const double in_ham = cell.ham / seen.ham;
  const double confidence = count / (1 + count);
  const double p = 0.5 + (in_spam / (in_spam + in_ham) - 0.5) * confidence;
  return std::log(p / (1 - p));
}

double share_of_bayes(const Seen& seen) {
  return bayes_share + bayes_share_of_young * young / (young + seen.spam + seen.ham);
}

double bayes(std::span<const Cell> cells, const Cell& totals) {
  const Seen seen(totals);
  double sum = 0;
  std::size_t known = 0;
  for (const Cell& cell : cells) {
    known += cell.spam != 0 || cell.ham != 0;
    sum += feature_odds_logarithm(cell, seen);
  }
  // Features of one message are far from independent: their sum grows as its root would.
  return sum / std::sqrt(static_cast<double>(known) + 1);
}

std::int32_t step(double error, double rate) {
  if (std::fabs(error) < near_error) return 0;
  return static_cast<std::int32_t>(std::lround(error * rate * weight_unit));
}

double error_of(double log_odds, MailClass taught) {
  return (taught == MailClass::spam ? 1 : 0) - sigmoid(log_odds);
}

}  // namespace

KnownCells read_cells(const Features& features, const CellSource& source) {
  KnownCells known;
  known.cells.resize(features.size());
  source.read(features.slots(), known.cells);
  known.totals = source.totals();
  return known;
}

Judgement classify(const Features& features, const KnownCells& known, const PersonalModel* own) {
  Judgement judgement;
  judgement.logistic = logistic(features, known.cells);
  judgement.bayes = bayes(std::span(known.cells).first(features.counted()), known.totals);
  if (own != nullptr) judgement.personal = own->log_odds(features);
  double sum = share_of_bayes(Seen(known.totals)) * judgement.bayes;
  for (std::size_t i = 0; i < feature_families; ++i) {
    sum += recipes[i].share * most_of_family * std::tanh(judgement.logistic[i] / most_of_family);
  }
  judgement.log_odds = calibration * sum + judgement.personal;
  judgement.probability = sigmoid(judgement.log_odds);
  return judgement;
}

Lesson teach_again(const Features& features, const KnownCells& known, MailClass taught) {
  const std::array<double, feature_families> scores = logistic(features, known.cells);
  const bool is_mature = known.totals.spam >= mature && known.totals.ham >= mature;
  Lesson lesson;
  for (std::size_t i = 0; i < feature_families; ++i) {
    const double error = error_of(scores[i], taught);
    double rate = recipes[i].rate;
    if (is_mature && recipes[i].doubt > 0) {
      rate *= std::min(1.0, (1 - std::fabs(error)) / recipes[i].doubt);
    }
    lesson.weights[i] = step(error, rate);
  }
  return lesson;
}

Lesson teach(const Features& features, const KnownCells& known, MailClass taught) {
  Lesson lesson = teach_again(features, known, taught);
  (taught == MailClass::spam ? lesson.spam : lesson.ham) = 1;
  return lesson;
}

PersonalLesson teach_personal(const Features& features, const KnownCells& site,
                              const PersonalModel& own, MailClass taught) {
  const Judgement judgement = classify(features, site, &own);
  PersonalLesson lesson;
  lesson.weight = step(error_of(judgement.log_odds, taught), personal_rate);
  (taught == MailClass::spam ? lesson.spam : lesson.ham) = 1;
  return lesson;
}

std::uint64_t features_digest(const Features& features) {
  std::uint64_t digest = store::fnv_basis;
  for (const Slot slot : features.slots()) digest = (digest ^ slot) * store::fnv_prime;
  return digest ^ digest >> 32U;
}

std::vector<double> contributions(const Features& features, const KnownCells& known) {
  const Seen seen(known.totals);
  const double counts =
      share_of_bayes(seen) / std::sqrt(static_cast<double>(features.counted()) + 1);
  std::vector<double> sums;
  sums.reserve(known.cells.size());
  for (std::size_t family = 0; family < feature_families; ++family) {
    const double share = recipes[family].share;
    for (const std::size_t end = sums.size() + features.lists[family].size(); sums.size() < end;) {
      const Cell& cell = known.cells[sums.size()];
      const double counted =
          sums.size() < features.counted() ? counts * feature_odds_logarithm(cell, seen) : 0;
      sums.push_back(calibration * (share * as_log_odds(cell.weight) + counted));
    }
  }
  return sums;
}

}  // namespace postern::antispam
