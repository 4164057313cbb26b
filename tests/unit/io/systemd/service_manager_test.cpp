#include "lib/io/systemd/service_manager.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

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

TEST_CASE("passed_sockets: none without a socket unit", "[systemd]") {
  CHECK(passed_sockets().empty());
}

}  // namespace
}  // namespace postern::io
