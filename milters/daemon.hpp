// The daemon around the sessions: start, signals, reload, stop.
#pragma once

#include <string>

namespace postern {

/// Runs until SIGTERM or SIGINT. SIGUSR1 and SIGHUP read the configuration again.
/// \param given_config_file  From --config; empty: that of the system, if there is one.
/// \return The exit status: 0 after a stop, 1 when it could not start.
int run_daemon(const std::string& given_config_file);

}  // namespace postern
