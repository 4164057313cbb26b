// A zone for DMARC tests: policy records by domain, names that exist, names that fail.
#pragma once

#include <map>
#include <set>
#include <string>

#include "lib/dmarc/evaluate.hpp"
#include "lib/dns/name.hpp"

namespace postern::dmarc {

struct MiniZone {
  std::map<std::string, std::string> records;  ///< Domain -> text at "_dmarc" below it.
  std::set<std::string> existing;              ///< Other names with data.
  std::set<std::string> failing;               ///< Full names that answer SERVFAIL.

  [[nodiscard]] dns::Answer lookup(const dns::Question& question) const {
    dns::Answer answer;
    answer.status = dns::Status::nxdomain;
    for (const std::string& name : existing) {
      if (dns::is_at_or_below(name, question.name)) answer.status = dns::Status::no_data;
    }
    for (const auto& [domain, text] : records) {
      const std::string owner = "_dmarc." + domain;
      if (dns::is_at_or_below(owner, question.name)) answer.status = dns::Status::no_data;
      if (owner == question.name && question.type == dns::Type::txt) {
        answer.status = dns::Status::success;
        answer.texts = {text};
        break;
      }
    }
    if (failing.count(question.name) > 0) {
      answer.status = dns::Status::servfail;
      answer.texts.clear();
    }
    return answer;
  }
};

/// Evaluates over the zone. With `one_at_a_time`, only the last of the missing questions is
/// answered in each round.
inline Outcome evaluate_over(const Request& request, const MiniZone& zone,
                             bool one_at_a_time = false) {
  dns::Answers answers;
  for (int round = 0; round < 200; ++round) {
    const dns::Evaluation<Outcome> evaluation = evaluate(request, answers);
    if (evaluation.is_done()) return evaluation.result();
    dns::Questions missing = evaluation.missing();
    if (one_at_a_time) missing = {missing.back()};
    for (const dns::Question& question : missing) answers.add(question, zone.lookup(question));
  }
  Outcome unending;
  unending.reason = "evaluation does not end";
  return unending;
}

}  // namespace postern::dmarc
