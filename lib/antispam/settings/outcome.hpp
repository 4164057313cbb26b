// What the antispam check found about one message.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::antispam {

/// A header field for the message, as add_header of the rules asks for it.
struct SpamHeader {
  std::string name;
  std::string value;  ///< Folded with LF.
};

struct Outcome {
  enum class Result {
    ham,
    spam,       ///< The score reaches `required`.
    skipped,    ///< Not looked at: `problem` says why.
    temperror,  ///< There are no rules, or they took too long: `problem` says why.
  };
  Result result = Result::ham;
  std::string problem;  ///< Printable ASCII.
  double score = 0;
  double required = 0;
  /// Rules that hit and their scores, the weightiest first; without sub-rules.
  std::vector<std::pair<std::string, double>> hits;
  std::vector<SpamHeader> headers;      ///< Top-most first.
  std::string listed;                   ///< "allowed: DOMAIN" or "denied: DOMAIN"; empty: neither.
  std::vector<std::string> over_limit;  ///< Rules whose pattern gave up.
  std::vector<std::string> unasked;     ///< Rules that a limit kept from asking DNS.
  std::vector<std::string> list_news;   ///< Lists not asked from now on: "l.org: does not answer".
  bool has_too_many_links = false;      ///< Not all links were looked at.
  bool over_budget = false;             ///< Not all rules ran: it took too long. The rest holds.
};

/// "A_RULE,B_RULE" of the first names, and how many more there are: for a log line.
[[nodiscard]] std::string some_of(const std::vector<std::string>& names);

/// "12.3"
[[nodiscard]] std::string score_text(double score);

[[nodiscard]] constexpr std::string_view to_word(Outcome::Result result) {
  switch (result) {
    case Outcome::Result::ham: return "ham";
    case Outcome::Result::spam: return "spam";
    case Outcome::Result::skipped: return "skipped";
    case Outcome::Result::temperror: return "temperror";
  }
  return "";
}

}  // namespace postern::antispam
