#include "tests/unit/io/scanner/fake_scanner.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "lib/io/sealed/sealed_message.hpp"
#include "lib/io/sockets/packet.hpp"
#include "tests/support/catch.hpp"

namespace postern::io {

FakeScanner::FakeScanner(int type, Serve serve) : type_(type), serve_(std::move(serve)) {
  std::string pattern =
      (std::filesystem::temp_directory_path() / "postern-scanner-XXXXXX").string();
  directory_ = ::mkdtemp(pattern.data());
  path_ = directory_ + "/s";
  listen();
}

FakeScanner::~FakeScanner() {
  stop();
  std::filesystem::remove_all(directory_);
}

void FakeScanner::listen() {
  ::unlink(path_.c_str());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(path_.begin(), path_.end(), address.sun_path);
  listener_ = FileDescriptor(::socket(AF_UNIX, type_ | SOCK_CLOEXEC, 0));
  stop_ = FileDescriptor(::eventfd(0, EFD_CLOEXEC));
  REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(listener_.get(), 16) == 0);
  thread_ = std::thread([this] { run(listener_.get(), stop_.get()); });
}

void FakeScanner::stop() {
  if (!thread_.joinable()) return;
  REQUIRE(::eventfd_write(stop_.get(), 1) == 0);
  thread_.join();
  listener_ = {};
  ::unlink(path_.c_str());
}

void FakeScanner::restart() {
  stop();
  listen();
}

// One thread for all connections: a test has few, and one after the other.
void FakeScanner::run(int listener, int stop) const {
  std::vector<FileDescriptor> connections;
  while (true) {
    std::vector<pollfd> polled = {{stop, POLLIN, 0}, {listener, POLLIN, 0}};
    for (const FileDescriptor& each : connections) polled.push_back({each.get(), POLLIN, 0});
    ::poll(polled.data(), polled.size(), -1);
    if (polled[0].revents != 0) return;
    for (std::size_t i = connections.size(); i-- > 0;) {
      if (polled[i + 2].revents != 0 && !serve_(connections[i].get())) {
        connections.erase(connections.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
    if (polled[1].revents != 0) connections.emplace_back(::accept(listener, nullptr, nullptr));
  }
}

bool receive_call(int connection, ScanCall& call) {
  constexpr std::size_t max_size = 1 << 20;
  FileDescriptor memory;
  if (receive_packet(connection, max_size, call.text, memory) != Receipt::packet) return false;
  auto octets = read_sealed_message(memory.get(), max_size);
  call.octets = octets ? std::move(*octets) : std::string();
  return true;
}

void reply(int connection, const std::string& text) {
  (void)::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
}

}  // namespace postern::io
