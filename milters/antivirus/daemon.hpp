// The supervisor: start, socket, privileges, signals, reload, stop.
#pragma once

#include <string>

namespace postern::avscan {

/// Runs until SIGTERM or SIGINT. SIGUSR1 and SIGHUP read the configuration and the signatures
/// again.
/// \param given_config_file  Read now and at every reload; empty: that of the system, if there is
///                           one.
/// \return The exit status: 0 after a stop, 1 when it could not start.
int run_daemon(const std::string& given_config_file);

}  // namespace postern::avscan
