#include "lib/reputation/reputation.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace postern::reputation {
namespace {

// How many half-lives sums are kept without news: by then they are a thousandth.
constexpr int kept_half_lives = 10;

double share_of(SubjectKind kind) {
  switch (kind) {
    case SubjectKind::address:
    case SubjectKind::domain: return 1;
    case SubjectKind::network: return 0.5;
    case SubjectKind::helo: return 0.25;
  }
  return 0;
}

// Unlike printf, whatever the locale.
std::string number(double value, int digits) {
  std::array<char, 64> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value,
                                          std::chars_format::fixed, digits);
  return error == std::errc{} ? std::string(text.data(), end) : std::string("?");
}

// What one subject says: which way, and how sure.
struct Opinion {
  double lean = 0;        // -1 to 1
  double confidence = 0;  // 0 to 1
};

Opinion opinion_of(const Evidence& evidence, const Settings& settings) {
  const double known = evidence.good + evidence.bad;
  if (!(known > 0)) return {};
  return {(evidence.good - evidence.bad) / known,
          known / (known + std::max(settings.believed, 0.0))};
}

std::string one(const Evidence& evidence) {
  return std::string(to_word(evidence.subject.kind)) + " " + evidence.subject.value + ": good " +
         number(evidence.good, 1) + ", bad " + number(evidence.bad, 1);
}

double sum_at(const std::vector<double>& sums, std::size_t index) {
  constexpr double most = 1e9;
  const double sum = sums[index];
  return std::isfinite(sum) ? std::clamp(sum, 0.0, most) : 0;
}

}  // namespace

std::chrono::milliseconds lifetime(const Settings& settings) {
  return settings.half_life * kept_half_lives;
}

std::vector<store::Operation> lookups(std::span<const Subject> subjects, const Settings& settings) {
  std::vector<store::Operation> operations;
  for (const Subject& subject : subjects) {
    operations.emplace_back(
        store::Accumulate{key_of(subject), {0, 0}, settings.half_life, lifetime(settings)});
  }
  return operations;
}

Evidence evidence_of(const Subject& subject, const store::Result& result) {
  const auto* sums = std::get_if<store::Sums>(&result);
  if (sums == nullptr || sums->sums.size() != 2) return {subject, 0, 0};
  return {subject, sum_at(sums->sums, 0), sum_at(sums->sums, 1)};
}

Standing standing(std::span<const Evidence> evidence, const Settings& settings) {
  Standing result;
  double weights = 0;
  double leans = 0;
  double doubt = 1;
  for (const Evidence& each : evidence) {
    const Opinion opinion = opinion_of(each, settings);
    const double weight = share_of(each.subject.kind) * opinion.confidence;
    if (!(weight > 0)) continue;
    weights += weight;
    leans += weight * opinion.lean;
    doubt *= 1 - weight;
    result.explanation += (result.explanation.empty() ? "" : "; ") + one(each);
  }
  if (result.explanation.empty()) result.explanation = "nothing is known";
  if (!(weights > 0)) return result;
  result.confidence = 1 - doubt;
  result.value = std::clamp(leans / weights, -1.0, 1.0) * result.confidence;
  return result;
}

std::optional<Standing> evaluate(std::span<const Subject> subjects, store::Wants& wants,
                                 const Settings& settings) {
  const std::vector<store::Operation> operations = lookups(subjects, settings);
  std::vector<Evidence> evidence;
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    const store::Result* result = wants.find(operations[i]);
    if (result != nullptr) evidence.push_back(evidence_of(subjects[i], *result));
  }
  if (evidence.size() < subjects.size()) return std::nullopt;
  return standing(evidence, settings);
}

std::string explain(std::span<const Evidence> evidence, const Settings& settings) {
  std::string text;
  for (const Evidence& each : evidence) {
    const Opinion opinion = opinion_of(each, settings);
    text += one(each);
    if (opinion.confidence > 0) {
      text += "; leans " + number(opinion.lean, 2) + ", confidence " +
              number(opinion.confidence, 2) + ", counts " + number(share_of(each.subject.kind), 2);
    } else {
      text += "; nothing is known";
    }
    text += "\n";
  }
  const Standing all = standing(evidence, settings);
  const std::chrono::duration<double, std::ratio<86400>> days = settings.half_life;
  return text + "together: " + number(all.value, 2) + " (-1 bad to 1 good), confidence " +
         number(all.confidence, 2) + "; events count half after " + number(days.count(), 1) +
         " days\n";
}

}  // namespace postern::reputation
