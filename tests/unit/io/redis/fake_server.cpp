#include "tests/unit/io/redis/fake_server.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace postern::test {
namespace {

using namespace std::chrono_literals;

bool is_readable(int file) {
  pollfd entry{file, POLLIN, 0};
  return ::poll(&entry, 1, 20) > 0;
}

bool send_text(int client, const std::string& text) {
  return ::send(client, text.data(), text.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(text.size());
}

}  // namespace

FakeRedis::FakeRedis(Mode mode, std::string octets) : mode_(mode), octets_(std::move(octets)) {
  std::string pattern = (std::filesystem::temp_directory_path() / "postern-fake-XXXXXX").string();
  directory_ = ::mkdtemp(pattern.data());
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (directory_ + "/socket").copy(address.sun_path, sizeof address.sun_path - 1);
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener_, 16) != 0) {
    std::abort();
  }
  worker_ = std::thread([this] { work(); });
}

FakeRedis::~FakeRedis() {
  stopping_ = true;
  worker_.join();
  ::close(listener_);
  std::filesystem::remove_all(directory_);
}

io::RedisOptions FakeRedis::options() const {
  io::RedisOptions options;
  options.server.path = directory_ + "/socket";
  return options;
}

void FakeRedis::work() {
  while (!stopping_) {
    if (!is_readable(listener_)) continue;
    const int client = ::accept(listener_, nullptr, nullptr);
    ++connections_;
    serve(client);
    ::close(client);
  }
}

void FakeRedis::serve(int client) {
  const std::string loaded = "$40\r\n" + std::string(40, 'a') + "\r\n";
  for (int pieces = 0; !stopping_;) {
    if (mode_ == Mode::drip && pieces == 2) {
      if (!send_text(client, "x")) return;
      std::this_thread::sleep_for(20ms);
      continue;
    }
    if (!is_readable(client)) continue;
    char buffer[65536];
    if (::recv(client, buffer, sizeof buffer, 0) <= 0) return;
    ++pieces;
    if (mode_ == Mode::silent) continue;
    if (mode_ == Mode::close_after_read && pieces == 2) return;
    const std::string answer = mode_ == Mode::drip ? "$1000000\r\n" : octets_;
    if (!send_text(client, pieces == 1 ? loaded : answer)) return;
  }
}

}  // namespace postern::test
