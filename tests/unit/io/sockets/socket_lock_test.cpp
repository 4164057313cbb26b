#include "lib/io/sockets/socket_lock.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

namespace fs = std::filesystem;

struct Directory {
  Directory() : path(fs::temp_directory_path() / ("postern-lock-" + std::to_string(::getpid()))) {
    fs::create_directory(path);
  }
  ~Directory() { fs::remove_all(path); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  fs::path path;
};

constexpr SocketOwner owner{"postern-milter", "milter.socket"};

void leave_stale_socket(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  ::close(fd);
}

TEST_CASE("lock_socket_path: a stale socket is replaced, a living owner is not",
          "[milter][MLT-09][MLT-10]") {
  const Directory directory;
  const std::string path = directory.path / "milter.sock";
  leave_stale_socket(path);
  const auto first = lock_socket_path(path, owner);
  REQUIRE(first.has_value());
  CHECK_FALSE(fs::exists(path));

  const auto second = lock_socket_path(path, owner);
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().find("another postern-milter") != std::string::npos);
  ::close(*first);
  const auto third = lock_socket_path(path, owner);
  REQUIRE(third.has_value());
  ::close(*third);
}

TEST_CASE("lock_socket_path: what is no socket stays, and the directory must exist", "[milter]") {
  const Directory directory;
  const std::string path = directory.path / "file";
  std::ofstream(path) << "x";
  const auto file = lock_socket_path(path, owner);
  REQUIRE_FALSE(file.has_value());
  CHECK(fs::exists(path));
  CHECK_FALSE(lock_socket_path(directory.path / "missing" / "milter.sock", owner).has_value());
}

}  // namespace
}  // namespace postern::io
