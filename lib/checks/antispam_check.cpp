#include "lib/checks/antispam_check.hpp"

#include <utility>

#include "lib/antispam/filter/filter.hpp"
#include "lib/antispam/filter/state.hpp"
#include "lib/antispam/settings/settings.hpp"
#include "lib/checks/antispam_circumstances.hpp"
#include "lib/checks/antispam_facts.hpp"

namespace postern::checks {
namespace {

using antispam::Judging;
using antispam::Outcome;
using antispam::Settings;
using Spam = Outcome::Result;

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

std::shared_ptr<Judging> begin(Context& context, const Settings& settings) {
  return std::make_shared<Judging>(
      context.antispam->filter, delivered_text(context.envelope, *context.content, context.now),
      antispam_circumstances(context.findings, context.envelope, settings, context.now));
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
  progress.missing_lists = judging.advance(context.answers);
  if (!progress.missing_lists.empty()) return progress;
  Outcome outcome = judging.outcome(settings.add_headers);
  if (outcome.over_budget) context.findings.limits.emplace_back("antispam.budget");
  if (!outcome.unasked.empty()) context.findings.limits.emplace_back("antispam.max_questions");
  if (outcome.has_too_many_links) context.findings.limits.emplace_back("antispam.links");
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
  check.writes_spam_fields = true;
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
