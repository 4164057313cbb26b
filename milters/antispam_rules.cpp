#include "milters/antispam_rules.hpp"

#include <string>

#include "lib/base/version.hpp"
#include "lib/io/files/host_name.hpp"

namespace postern {

AntispamRules::AntispamRules(io::Log& log)
    : log_(log),
      loader_(io::host_name(), std::string("Postern ") + version),
      state_(std::make_shared<const antispam::FilterState>(
          antispam::FilterState{nullptr, "antispam.enabled is false"})) {}

std::shared_ptr<const antispam::FilterState> AntispamRules::get() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

void AntispamRules::reload(const antispam::Settings& settings) {
  antispam::FilterState next{nullptr, "antispam.enabled is false"};
  if (settings.enabled) {
    next = loader_.load(settings);
    report(next);
    if (!next.filter && get()->filter) return;
  }
  const std::lock_guard lock(mutex_);
  state_ = std::make_shared<const antispam::FilterState>(std::move(next));
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
