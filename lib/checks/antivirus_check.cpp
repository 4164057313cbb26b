#include "lib/checks/antivirus_check.hpp"

#include <numeric>
#include <utility>

#include "lib/antivirus/settings.hpp"

namespace postern::checks {
namespace {

using antivirus::ObjectKind;
using antivirus::Outcome;
using antivirus::Result;
using antivirus::Scannable;
using antivirus::Scope;

// What is known without a scan; kept until the scan is back.
struct Known {
  std::vector<Outcome> outcomes;
};

std::size_t size_of(const Scannable& object) {
  return std::accumulate(
      object.pieces.begin(), object.pieces.end(), std::size_t{0},
      [](std::size_t sum, std::string_view piece) { return sum + piece.size(); });
}

// What is to be scanned; what cannot be is unscannable, and never passes unseen.
std::vector<Scannable> choose(Content& content, const antivirus::Settings& settings,
                              std::vector<Outcome>& known) {
  constexpr std::string_view end_of_header = "\r\n";
  std::vector<Scannable> chosen;
  const auto add = [&](Scannable object) {
    if (size_of(object) > settings.max_size.bytes) {
      known.push_back({Result::unscannable, "over antivirus.max_size"});
    } else if (chosen.size() < antivirus::max_objects) {
      chosen.push_back(std::move(object));
    } else {
      known.push_back({Result::unscannable, "too many attachments"});
    }
  };
  for (const std::string& setting : content.hiding_limits()) {
    known.push_back({Result::unscannable, "over " + setting});
  }
  if (settings.scope == Scope::message) {
    add({ObjectKind::message, {content.header_text(), end_of_header, content.body()}});
  }
  for (const mail::Attachment& attachment : content.attachments()) {
    add({ObjectKind::attachment, {attachment.content}});
  }
  return chosen;
}

Progress finish(Context& context, antivirus::Report report, const Known& known) {
  report.outcomes.insert(report.outcomes.end(), known.outcomes.begin(), known.outcomes.end());
  context.findings.antivirus = std::move(report);
  return {true, {}};
}

Progress run(Context& context, const void* given_settings, Memory& memory) {
  const auto& settings = *static_cast<const antivirus::Settings*>(given_settings);
  if (context.scan != nullptr) {
    return finish(context, *context.scan, *std::static_pointer_cast<Known>(memory));
  }
  const auto known = std::make_shared<Known>();
  Progress progress;
  progress.missing_scan = choose(*context.content, settings, known->outcomes);
  if (progress.missing_scan.empty()) return finish(context, {}, *known);
  memory = known;
  return progress;
}

Expected<std::shared_ptr<const void>, config::ConfigError> load(const config::Document& document) {
  return antivirus::load_settings(document).map(
      [](antivirus::Settings settings) -> std::shared_ptr<const void> {
        return std::make_shared<const antivirus::Settings>(std::move(settings));
      });
}

constexpr Check make_antivirus_check() {
  Check check;
  check.name = "antivirus";
  check.stage = Stage::body;
  check.reads_body = true;
  check.doc = "Is there a virus in the message, or in what is attached to it?";
  check.rows = antivirus::setting_rows;
  check.load = load;
  check.applies = [](const void* given_settings, disposition::Direction direction) {
    const auto& settings = *static_cast<const antivirus::Settings*>(given_settings);
    return settings.enabled && (direction == disposition::Direction::inbound || settings.own_mail);
  };
  check.run = run;
  check.give_up = [](verdict::Findings& findings, std::string_view setting) {
    findings.antivirus.emplace();
    findings.antivirus->outcomes.push_back({Result::unscannable, "over " + std::string(setting)});
  };
  return check;
}

}  // namespace

constinit const Check antivirus_check = make_antivirus_check();

}  // namespace postern::checks
