// Daemons of ours, started and reloaded by whatever does that on this host.
#pragma once

#include <string>

#include "lib/base/result.hpp"

namespace postern::io {

/// systemd where it runs, else the scripts of /etc/init.d.
enum class ServiceManager { systemd, init_scripts };
[[nodiscard]] ServiceManager service_manager();

/// Whether there is such a service to be started.
[[nodiscard]] bool has_service(const std::string& name);

/// Starts it now and, by systemd, with each boot. One that runs goes on.
/// \return An error with the command that was tried, and what it said.
[[nodiscard]] Expected<void, std::string> start_service(const std::string& name);

/// Stops it now, and at the next boot it is not started.
[[nodiscard]] Expected<void, std::string> stop_service(const std::string& name);

/// Has it read its configuration again, if it runs.
[[nodiscard]] Expected<void, std::string> reload_service(const std::string& name);

/// The same for all instances of a unit: NAME.service and NAME@….service.
[[nodiscard]] Expected<void, std::string> reload_instances(const std::string& name);

}  // namespace postern::io
