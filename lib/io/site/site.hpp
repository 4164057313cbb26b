// All that the daemons and the tools around them read before they can answer for a site.
#pragma once

#include <memory>
#include <string>

#include "lib/base/result.hpp"
#include "lib/checks/configuration.hpp"
#include "lib/mta_sts/settings.hpp"
#include "lib/policy/daemon_settings.hpp"
#include "lib/policy/facts.hpp"
#include "lib/store/settings.hpp"
#include "lib/training/settings.hpp"

namespace postern::io {

/// One reading of the configuration and of the files it names. Immutable once in use.
struct Site {
  policy::Policy policy;
  mta_sts::Settings mta_sts;
  policy::DaemonSettings daemon;
  std::string feed_socket;  ///< reputation::Configuration::feed_socket.
  checks::GeneralSettings general;
  store::Settings store;
  training::Settings learner;
};

/// Reads everything anew: configuration, table files, and the file of countries. All DNS lists are
/// active.
/// \param config_file  As io::load_config_files().
/// \return One line that names file, line, and what would be right.
[[nodiscard]] Expected<std::shared_ptr<Site>, std::string> load_site(
    const std::string& config_file);

}  // namespace postern::io
