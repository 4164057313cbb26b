#include "lib/checks/attachments_check.hpp"

#include <utility>

#include "lib/attachments/settings.hpp"

namespace postern::checks {
namespace {

using attachments::Kind;
using attachments::Outcome;
using attachments::Settings;

// A limit because of which attachments were not seen.
void add_limit(Outcome& outcome, std::string_view setting) {
  outcome.findings.push_back({Kind::limit, std::string(setting), false, 0, ""});
}

Progress run(Context& context, const void* given_settings, Memory& /*memory*/) {
  const auto& settings = *static_cast<const Settings*>(given_settings);
  Content& content = *context.content;
  Outcome outcome =
      attachments::evaluate(content.attachments(), settings, context.services.attachments);
  for (const std::string& setting : content.hiding_limits()) add_limit(outcome, setting);
  context.findings.attachments = std::move(outcome);
  return {true, {}};
}

Expected<std::shared_ptr<const void>, config::ConfigError> load(const config::Document& document) {
  return attachments::load_settings(document).transform(
      [](Settings settings) -> std::shared_ptr<const void> {
        return std::make_shared<const Settings>(std::move(settings));
      });
}

constexpr Check make_attachments_check() {
  Check check;
  check.name = "attachments";
  check.stage = Stage::body;
  check.reads_body = true;
  check.doc = "Are there attachments that by their names or their octets nobody wants?";
  check.rows = attachments::setting_rows;
  check.load = load;
  check.applies = [](const void* given_settings, disposition::Direction direction) {
    const auto& settings = *static_cast<const Settings*>(given_settings);
    return settings.enabled && (direction == disposition::Direction::inbound || settings.own_mail);
  };
  check.run = run;
  check.give_up = [](verdict::Findings& findings, std::string_view setting) {
    add_limit(findings.attachments.emplace(), setting);
  };
  return check;
}

}  // namespace

constinit const Check attachments_check = make_attachments_check();

}  // namespace postern::checks
