// Reads public suites and evaluates over their zones, for their own tests and for comparisons with
// other libraries.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "lib/dns/zone.hpp"

namespace postern::test {

using Json = nlohmann::json;

/// The suite in a file, by its path as read_suite_file() wants it. Nothing, after the words
/// "skipped: PATH not found", if it is not there.
[[nodiscard]] std::optional<Json> read_suite(const std::string& path);

/// A zone of a suite. Throws std::runtime_error if it is none: the suites are fixed.
[[nodiscard]] dns::Zone zone_of(const Json& zone);

/// Answers what an evaluator asks until it has a result.
/// \param evaluate  dns::Answers in, dns::Evaluation out.
/// \param lookup    dns::Question in, dns::Answer out.
template <typename Evaluate, typename Lookup>
auto resolve(Evaluate evaluate, Lookup lookup) {
  dns::Answers answers;
  while (true) {
    const auto evaluation = evaluate(answers);
    if (evaluation.is_done()) return evaluation.result();
    for (const dns::Question& question : evaluation.missing()) {
      answers.add(question, lookup(question));
    }
  }
}

}  // namespace postern::test
