// The learner: start, socket, signals, reload, stop.
#pragma once

#include <string>

namespace postern::learner {

/// Runs until SIGTERM or SIGINT. SIGUSR1 and SIGHUP read the configuration again.
/// \param config_file  Read now and at every reload.
/// \return The exit status: 0 after a stop, 1 when it could not start.
int run_daemon(const std::string& given_config_file);

}  // namespace postern::learner
