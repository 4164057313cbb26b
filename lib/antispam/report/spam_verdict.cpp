#include "lib/antispam/report/spam_verdict.hpp"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

namespace postern::antispam {

std::string shown_required(const SpamVerdict& verdict) {
  return fmt::format("{:.1f}", verdict.required_score);
}

std::string shown_score(const SpamVerdict& verdict) {
  std::string score = fmt::format("{:.1f}", verdict.score);
  const double shown = std::strtod(score.c_str(), nullptr);
  const double required = std::strtod(shown_required(verdict).c_str(), nullptr);
  if (verdict.is_spam() || shown < required) {
    return score;
  }
  return plain_number(required - 0.1);
}

std::string plain_number(double value) {
  return fmt::format("{:.15g}", value);
}

std::string test_names(const SpamVerdict& verdict, std::string_view separator) {
  std::vector<std::string_view> names;
  for (const ReportedHit& hit : verdict.hits) {
    names.push_back(hit.name);
  }
  std::sort(names.begin(), names.end());
  return fmt::format("{}", fmt::join(names, separator));
}

}  // namespace postern::antispam
