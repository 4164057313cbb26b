// Runs pure evaluations against DNS, real or from a zone file, for one-off checks.
#pragma once

#include <memory>
#include <string>

#include "lib/checks/configuration.hpp"
#include "lib/dns/answers.hpp"
#include "lib/dns/zone.hpp"
#include "lib/io/resolver/resolver.hpp"

namespace postern::cli {

/// The zone of such a file. \return An error fit to be shown.
[[nodiscard]] Expected<dns::Zone, std::string> read_zone(const std::string& zone_file);

/// The resolver to ask: a zone file if one is named, else the name servers of the configuration.
/// \return An error fit to be shown.
[[nodiscard]] Expected<std::unique_ptr<io::Resolver>, std::string> make_resolver(
    const std::string& zone_file, const checks::GeneralSettings& settings);

/// Asks and evaluates until nothing is missing.
/// \param evaluate  Answers in, missing questions out; none when it is done.
template <typename Evaluate>
void resolve(io::Resolver& resolver, const checks::GeneralSettings& settings, Evaluate evaluate) {
  const auto inquiry =
      resolver.inquiry({settings.dns_budget, settings.dns_timeout, settings.max_questions});
  dns::Answers answers;
  while (true) {
    const dns::Questions missing = evaluate(answers);
    if (missing.empty()) return;
    inquiry->ask(missing);
    inquiry->wait(answers);
  }
}

/// Evaluates a function that gives a dns::Evaluation to its end.
template <typename T, typename Evaluate>
T resolve_to(io::Resolver& resolver, const checks::GeneralSettings& settings, Evaluate evaluate) {
  T result;
  resolve(resolver, settings, [&](const dns::Answers& answers) {
    const dns::Evaluation<T> evaluation = evaluate(answers);
    if (evaluation.is_done()) result = evaluation.result();
    return evaluation.missing();
  });
  return result;
}

}  // namespace postern::cli
