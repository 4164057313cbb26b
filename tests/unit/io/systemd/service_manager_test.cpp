#include "lib/io/systemd/service_manager.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

// What systemd is to a service of Type=notify: a datagram socket named in the environment.
class Manager {
 public:
  Manager() : socket_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    const std::string name = "postern-notify-" + std::to_string(::getpid());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, name.data(), name.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    ::setenv("NOTIFY_SOCKET", ("@" + name).c_str(), 1);
  }
  ~Manager() { ::unsetenv("NOTIFY_SOCKET"); }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  [[nodiscard]] std::string receive() const {
    pollfd ready{socket_.get(), POLLIN, 0};
    if (::poll(&ready, 1, 2000) != 1) return {};
    char text[256];
    const ssize_t size = ::recv(socket_.get(), text, sizeof text, 0);
    return {text, static_cast<std::size_t>(size < 0 ? 0 : size)};
  }

 private:
  FileDescriptor socket_;
};

TEST_CASE("notify: states reach the manager, and nobody when there is none", "[systemd]") {
  notify_ready();  // no manager: nothing happens
  const Manager manager;
  notify_ready();
  CHECK(manager.receive() == "READY=1");
  notify_reloading();
  CHECK(manager.receive().starts_with("RELOADING=1\nMONOTONIC_USEC="));
  notify_alive();
  CHECK(manager.receive() == "WATCHDOG=1");
  notify_stopping();
  CHECK(manager.receive() == "STOPPING=1");
}

TEST_CASE("watchdog_interval: half of what systemd waits, only for this process", "[systemd]") {
  CHECK_FALSE(watchdog_interval());
  ::setenv("WATCHDOG_USEC", "20000000", 1);
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  CHECK(watchdog_interval() == std::chrono::seconds(10));
  ::setenv("WATCHDOG_PID", "1", 1);
  CHECK_FALSE(watchdog_interval());
  ::unsetenv("WATCHDOG_USEC");
  ::unsetenv("WATCHDOG_PID");
}

TEST_CASE("notify: a manager that is away, or a place that is none", "[systemd]") {
  const std::string place =
      GENERATE(as<std::string>{}, "/nonexistent/notify", "@", "", std::string(200, 'x'));
  CAPTURE(place);
  ::setenv("NOTIFY_SOCKET", place.c_str(), 1);
  notify_ready();  // nothing happens
  ::unsetenv("NOTIFY_SOCKET");
}

TEST_CASE("notify: a socket that is a file", "[systemd]") {
  std::string folder = (std::filesystem::temp_directory_path() / "notify.XXXXXX").string();
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const std::string path = folder + "/s";
  {
    const FileDescriptor socket(::socket(AF_UNIX, SOCK_DGRAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), address.sun_path);
    REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    notify_ready();
    ::unsetenv("NOTIFY_SOCKET");
    char text[16];
    REQUIRE(::recv(socket.get(), text, sizeof text, MSG_DONTWAIT) == 7);
    CHECK(std::string(text, 7) == "READY=1");
  }
  std::filesystem::remove_all(folder);
}

// What a child finds that was given descriptors 3 and 4: 0, or the number of the check.
int check_passed(pid_t meant) {
  for (const int descriptor : {3, 4}) {
    if (::dup2(STDERR_FILENO, descriptor) != descriptor) return 1;
  }
  ::setenv("LISTEN_PID", std::to_string(meant).c_str(), 1);
  ::setenv("LISTEN_FDS", "2", 1);
  ::setenv("LISTEN_FDNAMES", "policy:tls-policy", 1);
  const auto sockets = passed_sockets();
  if (meant != ::getpid()) return sockets.empty() ? 0 : 2;
  if (sockets.size() != 2 || sockets[0].socket.get() != 3 || sockets[1].socket.get() != 4) return 3;
  if (sockets[0].name != "policy" || sockets[1].name != "tls-policy") return 4;
  if (::fcntl(4, F_GETFD) != FD_CLOEXEC) return 5;
  return ::getenv("LISTEN_FDS") == nullptr && passed_sockets().empty() ? 0 : 6;
}

TEST_CASE("passed_sockets: those of a socket unit, with their names, only for this process",
          "[systemd]") {
  const bool for_us = GENERATE(true, false);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(check_passed(for_us ? ::getpid() : ::getppid()));
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("passed_sockets: none without a socket unit", "[systemd]") {
  CHECK(passed_sockets().empty());
}

}  // namespace
}  // namespace postern::io
