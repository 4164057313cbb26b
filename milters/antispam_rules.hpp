// The rules by which the milter judges, read again when it is told so.
#pragma once

#include <memory>

#include "lib/antispam/filter/state.hpp"
#include "lib/antispam/settings/settings.hpp"
#include "lib/checks/configuration.hpp"
#include "lib/io/filter/filter_loader.hpp"
#include "lib/io/log/log.hpp"
#include "lib/io/resolver/resolver.hpp"

namespace postern {

class AntispamRules {
 public:
  explicit AntispamRules(io::Log& log);

  /// The configuration with the rules that it names, so that both come into use at once. Where they
  /// cannot be read, those in use stay as they were loaded, and the log says why. Takes up to a
  /// second; messages are judged meanwhile.
  /// \param in_use  nullptr: none yet.
  [[nodiscard]] std::shared_ptr<const checks::Configuration> add_to(
      const checks::Configuration& configuration, const checks::Configuration* in_use) const;

 private:
  void report(const antispam::FilterState& state) const;

  io::Log& log_;
  const io::FilterLoader loader_;
};

/// For the questions of rules about one message. How many there are is limited by the rules
/// themselves (antispam.max_questions).
/// \param filter  nullptr: nothing will be asked.
[[nodiscard]] io::Budget list_budget(const checks::GeneralSettings& settings,
                                     const antispam::Filter* filter);

}  // namespace postern
