#include "lib/io/rule_updates/rule_trial.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <system_error>

#include "lib/io/wall_clock.hpp"

namespace postern::io {
namespace {

using antispam::Filter;
using antispam::RuleWarning;
using Failure = Unexpected<std::string>;

constexpr const char* probe =
    "Received: from mail.example.org (mail.example.org [192.0.2.1])\n"
    "\tby mx.example.net (Postfix) with ESMTP id 4XyZ; Mon, 6 Jan 2025 10:00:00 +0000\n"
    "From: Anna <anna@example.org>\n"
    "To: Bert <bert@example.net>\n"
    "Subject: A message to try rules with\n"
    "Date: Mon, 6 Jan 2025 10:00:00 +0000\n"
    "Message-ID: <probe.1@example.org>\n"
    "MIME-Version: 1.0\n"
    "Content-Type: text/plain; charset=utf-8\n"
    "\n"
    "This text is there so that rules have something to look at: https://www.example.org/page\n"
    "\n"
    "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\n";

// Empty: nothing is wrong.
std::string problem_of_probe(const std::shared_ptr<const Filter>& filter) {
  antispam::Circumstances circumstances;
  circumstances.now = seconds_since_epoch();
  antispam::Judging judging(filter, probe, std::move(circumstances));
  static_cast<void>(judging.advance({}));  // without DNS
  const antispam::SpamResult& result = judging.result();
  if (!std::isfinite(result.score)) return "they give a message a score that is no number";
  const auto& rules = filter->rules().rules;
  const auto is_gtube = [](const antispam::Rule& rule) { return rule.name == "GTUBE"; };
  const bool finds_gtube = std::any_of(result.hits.begin(), result.hits.end(),
                                       [&](const auto& hit) { return is_gtube(rules[hit.first]); });
  if (finds_gtube || std::none_of(rules.begin(), rules.end(), is_gtube)) return {};
  return "they do not find GTUBE in a message that has it";
}

std::size_t rules_in_use(const FilterLoader& loader, const antispam::Settings& settings) {
  const antispam::FilterState state = loader.load(settings);
  return state.filter == nullptr ? 0 : state.filter->rules().rules.size();
}

}  // namespace

Expected<RuleTrial, std::string> try_rules(const FilterLoader& loader,
                                           const antispam::Settings& settings,
                                           const std::string& given_directory) {
  // As the loader names files: warnings are told apart by where they are.
  std::error_code error;
  const std::filesystem::path resolved = std::filesystem::canonical(given_directory, error);
  if (error) return Failure(given_directory + ": " + error.message());
  const std::string directory = resolved.string();
  antispam::Settings with_new = settings;
  with_new.rules_directory = directory;
  const antispam::FilterState state = loader.load(with_new, true);
  if (state.filter == nullptr) return Failure(state.problem);
  RuleTrial trial{state.filter->rules().rules.size(), 0};
  std::string first;
  for (const RuleWarning& warning : state.filter->warnings()) {
    if (!warning.source.file.starts_with(directory + "/")) continue;
    if (trial.warnings++ == 0) {
      first = warning.source.file.substr(directory.size() + 1) + ":" +
              std::to_string(warning.source.line) + ": " + warning.text;
    }
  }
  if (trial.warnings * rules_per_warning > trial.rules) {
    return Failure(std::to_string(trial.warnings) + " of their " + std::to_string(trial.rules) +
                   " rules cannot be used; the first: " + first);
  }
  const std::size_t present = rules_in_use(loader, settings);
  if (trial.rules < (present + 1) / 2) {
    return Failure("they are only " + std::to_string(trial.rules) +
                   " rules, and those in use are " + std::to_string(present));
  }
  const std::string problem = problem_of_probe(state.filter);
  if (!problem.empty()) return Failure(problem);
  return trial;
}

}  // namespace postern::io
