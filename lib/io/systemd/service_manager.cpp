#include "lib/io/systemd/service_manager.hpp"

#include <systemd/sd-daemon.h>
#include <time.h>

#include <cstdlib>

namespace postern::io {

std::vector<PassedSocket> passed_sockets() {
  char** names = nullptr;
  const int count = sd_listen_fds_with_names(1, &names);
  std::vector<PassedSocket> sockets;
  for (int i = 0; i < count; ++i) {
    sockets.push_back({names[i], FileDescriptor(SD_LISTEN_FDS_START + i)});
    std::free(names[i]);  // NOLINT(cppcoreguidelines-no-malloc): sd_listen_fds(3) says so
  }
  std::free(names);  // NOLINT(cppcoreguidelines-no-malloc)
  return sockets;
}

void notify_ready() {
  (void)sd_notify(0, "READY=1");
}

void notify_reloading() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const std::int64_t microseconds =
      static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
  const std::string text = "RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds);
  (void)sd_notify(0, text.c_str());
}

void notify_stopping() {
  (void)sd_notify(0, "STOPPING=1");
}

void notify_alive() {
  (void)sd_notify(0, "WATCHDOG=1");
}

std::optional<std::chrono::milliseconds> watchdog_interval() {
  std::uint64_t microseconds = 0;
  if (sd_watchdog_enabled(0, &microseconds) <= 0) return std::nullopt;
  // Half of what systemd waits, as sd_watchdog_enabled(3) recommends.
  return std::chrono::milliseconds(microseconds / 2000);
}

}  // namespace postern::io
