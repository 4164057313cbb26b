#include "milters/antispam_rules.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "lib/base/version.hpp"
#include "lib/io/files/host_name.hpp"

namespace postern {

io::Budget list_budget(const checks::GeneralSettings& settings, const antispam::Filter* filter) {
  io::Budget budget;
  budget.total = settings.dns_budget;
  budget.question = settings.dns_timeout;
  budget.questions = std::numeric_limits<unsigned>::max();
  if (filter == nullptr) return budget;
  const antispam::ListPatience patience = filter->list_patience();
  budget.question = std::min(settings.dns_timeout, patience.most);
  const auto most = std::max<std::chrono::milliseconds::rep>(patience.most.count(), 1);
  budget.least = budget.question * patience.least.count() / most;
  return budget;
}

AntispamRules::AntispamRules(io::Log& log)
    : log_(log), loader_(io::host_name(), std::string("Postern ") + version) {}

std::shared_ptr<const checks::Configuration> AntispamRules::add_to(
    const checks::Configuration& configuration, const checks::Configuration* in_use) const {
  antispam::FilterState state{nullptr, "antispam.enabled is false"};
  if (configuration.antispam.enabled) {
    state = loader_.load(configuration.antispam);
    report(state);
  }
  auto next = std::make_shared<checks::Configuration>(configuration);
  const bool keeps = configuration.antispam.enabled && !state.filter && in_use != nullptr &&
                     in_use->antispam_rules->filter;
  next->antispam_rules = keeps ? in_use->antispam_rules
                               : std::make_shared<const antispam::FilterState>(std::move(state));
  return next;
}

void AntispamRules::report(const antispam::FilterState& state) const {
  if (!state.filter) {
    auto line = io::Log::line(event::rules_unreadable);
    log_.write(event::rules_unreadable, line.add("problem", state.problem));
    return;
  }
  auto line = io::Log::line(event::rules_loaded);
  line.add("rules", static_cast<std::int64_t>(state.filter->rules().rules.size()));
  line.add("files", static_cast<std::int64_t>(state.filter->rules().files.size()));
  line.add("warnings", static_cast<std::int64_t>(state.filter->warnings().size()));
  log_.write(event::rules_loaded, line);
  if (!io::Pcre2Compiler::makes_machine_code()) {
    log_.write(event::patterns_slow, io::Log::line(event::patterns_slow));
  }
}

}  // namespace postern
