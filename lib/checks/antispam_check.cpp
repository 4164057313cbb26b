#include "lib/checks/antispam_check.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/antispam/filter/filter.hpp"
#include "lib/antispam/filter/state.hpp"
#include "lib/antispam/settings/settings.hpp"
#include "lib/checks/antispam_facts.hpp"

namespace postern::checks {
namespace {

using antispam::Judging;
using antispam::Outcome;
using antispam::Settings;
using Spam = Outcome::Result;

// The rules by which SpamAssassin says that somebody is on a list of the
// operator's.
constexpr std::string_view allowed_rule = "USER_IN_WELCOMELIST";
constexpr std::string_view denied_rule = "USER_IN_BLOCKLIST";

Outcome without_result(Spam result, std::string problem) {
  Outcome outcome;
  outcome.result = result;
  outcome.problem = std::move(problem);
  return outcome;
}

// Why the message is not looked at, or nothing.
std::string why_skipped(const Content& content, const Settings& settings) {
  const std::size_t size = content.header_text().size() + content.body().size();
  if (content.is_cut()) return "over limits.body_size";
  return size > settings.max_size.bytes ? "over antispam.max_size" : "";
}

std::string listed_domain(const std::vector<std::string>& domains, const config::DomainList& list) {
  const auto found = std::find_if(domains.begin(), domains.end(),
                                  [&](const std::string& domain) { return list.matches(domain); });
  return found == domains.end() ? std::string() : *found;
}

std::shared_ptr<Judging> begin(Context& context, const Settings& settings) {
  antispam::Circumstances circumstances;
  circumstances.authentication = authentication_facts(context.findings);
  circumstances.has_authentication = true;
  circumstances.now = context.now;
  if (context.envelope.recipients.size() == 1) {
    circumstances.required = settings.required_for(context.envelope.recipients.front());
  }
  const std::string allowed =
      listed_domain(vouched_domains(context.findings), settings.allow_domains);
  const std::string denied =
      listed_domain(claimed_domains(context.findings, context.envelope), settings.deny_domains);
  if (!denied.empty()) {
    circumstances.listing = antispam::Listing::denied;
    circumstances.forced_rule = denied_rule;
    circumstances.listed = "denied: " + denied;
  } else if (!allowed.empty()) {
    circumstances.listing = antispam::Listing::allowed;
    circumstances.forced_rule = allowed_rule;
    circumstances.listed = "allowed: " + allowed;
  }
  return std::make_shared<Judging>(context.antispam->filter,
                                   delivered_text(context.envelope, *context.content, context.now),
                                   std::move(circumstances));
}

Progress run_antispam(Context& context, const Settings& settings, Memory& memory) {
  if (!context.earlier_done) return {};  // rules ask what the other checks found
  const auto finish = [&](Outcome outcome) -> Progress {
    context.findings.antispam = std::move(outcome);
    return {true, {}};
  };
  if (context.antispam == nullptr || !context.antispam->filter) {
    return finish(without_result(
        Spam::temperror, context.antispam == nullptr ? "no rules" : context.antispam->problem));
  }
  if (std::string why = why_skipped(*context.content, settings); !why.empty()) {
    return finish(without_result(Spam::skipped, std::move(why)));
  }
  if (!memory) memory = begin(context, settings);
  Judging& judging = *std::static_pointer_cast<Judging>(memory);
  Progress progress;
  progress.missing = judging.advance(context.answers);
  if (!progress.missing.empty()) return progress;
  Outcome outcome = judging.outcome();
  if (!settings.add_headers) outcome.headers.clear();
  if (outcome.over_budget) context.findings.limits.emplace_back("antispam.budget");
  memory.reset();
  return finish(std::move(outcome));
}

Expected<std::shared_ptr<const void>, config::ConfigError> load(const config::Document& document) {
  return antispam::load_settings(document).map(
      [](Settings settings) -> std::shared_ptr<const void> {
        return std::make_shared<const Settings>(std::move(settings));
      });
}

constexpr Check make_antispam_check() {
  Check check;
  check.name = "antispam";
  check.stage = Stage::body;
  check.reads_body = true;
  check.doc = "Is the message spam by the rules of SpamAssassin?";
  check.rows = antispam::setting_rows;
  check.load = load;
  check.applies = [](const void* settings, disposition::Direction direction) {
    return static_cast<const Settings*>(settings)->enabled &&
           direction == disposition::Direction::inbound;
  };
  check.run = [](Context& context, const void* settings, Memory& memory) {
    return run_antispam(context, *static_cast<const Settings*>(settings), memory);
  };
  check.give_up = [](verdict::Findings& findings, std::string_view setting) {
    findings.antispam = without_result(Spam::skipped, "over " + std::string(setting));
  };
  return check;
}

}  // namespace

constinit const Check antispam_check = make_antispam_check();

}  // namespace postern::checks
