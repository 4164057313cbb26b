#include "lib/io/sockets/datagram_sender.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>

#include "lib/io/sockets/listener.hpp"
#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

namespace fs = std::filesystem;

constexpr SocketOwner owner{"postern-policy", "reputation.feed_socket"};

struct Directory {
  Directory() : path(fs::temp_directory_path() / ("postern-feed-" + std::to_string(::getpid()))) {
    fs::create_directory(path);
  }
  ~Directory() { fs::remove_all(path); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  fs::path path;
};

std::string receive(const UnixDatagramSocket& socket) {
  std::array<char, 64> buffer{};
  const ssize_t size = ::recv(socket.descriptor(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  return size < 0 ? std::string("nothing")
                  : std::string(buffer.data(), static_cast<std::size_t>(size));
}

TEST_CASE("DatagramSender: a receiver that comes, goes, and comes again", "[sockets]") {
  const Directory directory;
  const std::string path = directory.path / "feed.sock";
  const DatagramSender sender(path);
  CHECK(sender.send("lost") == std::errc::no_such_file_or_directory);
  {
    const auto socket = UnixDatagramSocket::open(path, owner);
    REQUIRE(socket);
    CHECK_FALSE(sender.send("first"));
    CHECK(receive(*socket) == "first");
  }
  CHECK(sender.send("lost") == std::errc::no_such_file_or_directory);
  const auto socket = UnixDatagramSocket::open(path, owner);
  REQUIRE(socket);
  CHECK_FALSE(sender.send("second"));
  CHECK(receive(*socket) == "second");
  CHECK(receive(*socket) == "nothing");
}

TEST_CASE("DatagramSender: never waits for one who does not read", "[sockets]") {
  const Directory directory;
  const std::string path = directory.path / "feed.sock";
  const auto socket = UnixDatagramSocket::open(path, owner);
  REQUIRE(socket);
  const DatagramSender sender(path);
  std::error_code problem;
  for (int i = 0; i < 100000 && !problem; ++i) problem = sender.send("more");
  CHECK(problem == std::errc::operation_would_block);
}

TEST_CASE("DatagramSender: no path tells nobody, one that is too long is said", "[sockets]") {
  CHECK_FALSE(DatagramSender("").send("x"));
  CHECK(DatagramSender(std::string(200, 'a')).send("x") == std::errc::filename_too_long);
}

}  // namespace
}  // namespace postern::io
