// What systemd tells a daemon, and what it wants to hear of it: sd_listen_fds(3), sd_notify(3).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "lib/io/files/file_descriptor.hpp"

namespace postern::io {

struct PassedSocket {
  std::string name;  ///< FileDescriptorName= of the socket unit.
  FileDescriptor socket;
};

/// Sockets that a socket unit opened for us; none when not started by one. Call it once.
[[nodiscard]] std::vector<PassedSocket> passed_sockets();

/// Type=notify: each is nothing when nobody waits for it.
void notify_ready();
void notify_reloading();
void notify_stopping();
void notify_alive();

/// How often notify_alive() must be called at least (WatchdogSec=), if at all.
[[nodiscard]] std::optional<std::chrono::milliseconds> watchdog_interval();

}  // namespace postern::io
