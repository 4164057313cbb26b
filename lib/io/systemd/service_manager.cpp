#include "lib/io/systemd/service_manager.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <system_error>

namespace postern::io {
namespace {

constexpr int first_passed_descriptor = 3;  // sd_listen_fds(3): SD_LISTEN_FDS_START
constexpr int max_passed_sockets = 1000;

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets one
  return value == nullptr ? "" : value;
}

template <typename Number>
std::optional<Number> number_in(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_for_us(const char* name) {
  return number_in<pid_t>(variable(name)) == ::getpid();
}

// One datagram; a manager that does not take it is not waited for.
void notify(std::string_view state) {
  const std::string_view place = variable("NOTIFY_SOCKET");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (place.size() < 2 || place.size() > sizeof address.sun_path) return;
  std::copy(place.begin(), place.end(), address.sun_path);
  if (place.front() == '@') address.sun_path[0] = '\0';  // a name, not a file
  const FileDescriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + place.size());
  ::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
           reinterpret_cast<const sockaddr*>(&address), size);
}

// Cuts the next name off a list with colons.
std::string take_name(std::string_view& names) {
  const std::size_t end = std::min(names.find(':'), names.size());
  std::string name(names.substr(0, end));
  names.remove_prefix(std::min(end + 1, names.size()));
  return name;
}

}  // namespace

std::vector<PassedSocket> passed_sockets() {
  std::vector<PassedSocket> sockets;
  if (!is_for_us("LISTEN_PID")) return sockets;
  const int count = number_in<int>(variable("LISTEN_FDS")).value_or(0);
  std::string_view names = variable("LISTEN_FDNAMES");
  for (int i = 0; i < std::min(count, max_passed_sockets); ++i) {
    const int descriptor = first_passed_descriptor + i;
    if (::fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0) break;  // there are fewer
    sockets.push_back({take_name(names), FileDescriptor(descriptor)});
  }
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) {
    ::unsetenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread
  }
  return sockets;
}

void notify_ready() {
  notify("READY=1");
}

void notify_reloading() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const std::int64_t microseconds =
      static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
  notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds));
}

void notify_stopping() {
  notify("STOPPING=1");
}

void notify_alive() {
  notify("WATCHDOG=1");
}

std::optional<std::chrono::milliseconds> watchdog_interval() {
  const auto microseconds = number_in<std::uint64_t>(variable("WATCHDOG_USEC"));
  if (!microseconds || *microseconds == 0) return std::nullopt;
  if (!variable("WATCHDOG_PID").empty() && !is_for_us("WATCHDOG_PID")) return std::nullopt;
  // Half of what systemd waits, as sd_watchdog_enabled(3) recommends.
  return std::chrono::milliseconds(*microseconds / 2000);
}

}  // namespace postern::io
