// What a judged message is told about itself: the matter of headers and reports.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::antispam {

/// A rule that hit and counts, as reports name it.
struct ReportedHit {
  std::string name;
  double score = 0;
  std::string area;  ///< "BODY: ", "URI: ", "RAW: ", "FULL: ", or empty.
  std::string description;
  std::vector<std::string>
      details;  ///< What an eval function adds: "[score: 0.9]" without brackets.
};

struct SpamVerdict {
  double score = 0;
  double required_score = 5;
  std::vector<ReportedHit> hits;      ///< In the order rules ran.
  std::vector<std::string> subrules;  ///< Names that begin with "__".
  std::string autolearn = "disabled";
  std::optional<double> bayes_probability;
  std::string subject_prefix;  ///< Of rules with a subjprefix; each ends with a blank.
  /// Tags by name, as _NAME_ in templates: LASTEXTERNALIP, RELAYCOUNTRY, … Evals and relays set
  /// them.
  std::map<std::string, std::string, std::less<>> tags;

  /// What the operator's lists say, whatever the score is.
  std::optional<bool> decided;

  [[nodiscard]] bool is_spam() const { return decided.value_or(score >= required_score); }
};

/// "12.3": the score as headers show it. That of a message which is no spam is never shown as high
/// enough to be spam, whatever rounding makes of it.
[[nodiscard]] std::string shown_score(const SpamVerdict& verdict);
/// "5.0"
[[nodiscard]] std::string shown_required(const SpamVerdict& verdict);
/// A number as Perl prints it ("0.001", "5", "-0.1").
[[nodiscard]] std::string plain_number(double value);
/// "A,B" in order of names; empty if there is none.
[[nodiscard]] std::string test_names(const SpamVerdict& verdict, std::string_view separator);

}  // namespace postern::antispam
