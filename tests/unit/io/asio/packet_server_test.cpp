#include "lib/io/asio/packet_server.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <optional>
#include <thread>

#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

using namespace std::chrono_literals;

// A server in a thread of its own, which takes all but "no".
class Running {
 public:
  explicit Running(const PacketLimits& limits = {}) {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "postern-packet-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    path = directory_ + "/s";
    server_.emplace(
        loop_,
        [this](Packet packet) -> std::optional<char> {
          if (packet.sender == ::geteuid()) ++from_us;
          if (packet.file) ++with_file;
          if (packet.text == "no") return std::nullopt;
          if (packet.text == "never") return '-';
          ++taken;
          return '+';
        },
        limits);
    auto listener = Listener::open_for_packets(path, {"test", "test.socket"});
    REQUIRE(listener);
    server_->serve(std::move(*listener));
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~Running() {
    loop_.post([this] {
      server_.reset();
      loop_.stop();
    });
    thread_.join();
    std::filesystem::remove_all(directory_);
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  // Runs in the loop's thread, and waits for it.
  template <typename Action>
  void inside(Action action) {
    std::atomic<bool> done{false};
    loop_.post([&] {
      action(*server_);
      done = true;
    });
    while (!done) std::this_thread::yield();
  }

  std::string path;
  std::atomic<int> from_us{0};
  std::atomic<int> with_file{0};
  std::atomic<int> taken{0};

 private:
  std::string directory_;
  EventLoop loop_;
  std::optional<PacketServer> server_;
  std::thread thread_;
};

FileDescriptor connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), address.sun_path);
  FileDescriptor socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  REQUIRE(::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  return socket;
}

void send_text(const FileDescriptor& socket, std::string_view text) {
  CHECK(::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
        static_cast<ssize_t>(text.size()));
}

// "+", "" at the end of the connection, "?" when nothing comes.
std::string answer(const FileDescriptor& socket, int timeout_ms = 20'000) {
  pollfd ready{socket.get(), POLLIN, 0};
  if (::poll(&ready, 1, timeout_ms) != 1) return "?";
  char octet = 0;
  return ::recv(socket.get(), &octet, 1, 0) == 1 ? std::string(1, octet) : "";
}

// A packet with so many descriptors of /dev/null.
void send_files(const FileDescriptor& socket, std::size_t count) {
  std::vector<FileDescriptor> files;
  std::vector<int> numbers;
  for (std::size_t i = 0; i < count; ++i) {
    files.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    numbers.push_back(files.back().get());
  }
  char text = 'x';
  iovec part{&text, 1};
  std::vector<char> control(CMSG_SPACE(sizeof(int) * count));
  msghdr packet{};
  packet.msg_iov = &part;
  packet.msg_iovlen = 1;
  packet.msg_control = control.data();
  packet.msg_controllen = control.size();
  cmsghdr* header = CMSG_FIRSTHDR(&packet);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int) * count);
  std::memcpy(CMSG_DATA(header), numbers.data(), sizeof(int) * count);
  REQUIRE(::sendmsg(socket.get(), &packet, 0) == 1);
}

std::size_t open_descriptors() {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

TEST_CASE("PacketServer: takes packets, confirms them, and knows the sender", "[asio]") {
  Running server;
  const FileDescriptor client = connect_to(server.path);
  for (int i = 1; i <= 40; ++i) {
    send_text(client, "packet");
    CHECK(answer(client) == "+");
    CHECK(server.taken == i);
  }
  send_files(client, 1);
  CHECK(answer(client) == "+");
  CHECK(server.with_file == 1);
  CHECK(server.from_us == 41);
}

TEST_CASE("PacketServer: many packets at once, in turns with others", "[asio]") {
  Running server;
  const FileDescriptor one = connect_to(server.path);
  const FileDescriptor two = connect_to(server.path);
  for (int i = 0; i < 50; ++i) {
    send_text(one, "packet");
    send_text(two, "packet");
  }
  for (int i = 0; i < 50; ++i) {
    CHECK(answer(one) == "+");
    CHECK(answer(two) == "+");
  }
}

TEST_CASE("PacketServer: what is refused is answered, what is not taken closes the connection",
          "[asio]") {
  Running server;
  const FileDescriptor client = connect_to(server.path);
  send_text(client, "never");
  CHECK(answer(client) == "-");
  send_text(client, "no");
  CHECK(answer(client).empty());
}

TEST_CASE("PacketServer: too long a packet is none", "[asio][security]") {
  PacketLimits limits;
  limits.packet_size = 10;
  Running server(limits);
  const FileDescriptor client = connect_to(server.path);
  send_text(client, "0123456789");
  CHECK(answer(client) == "+");
  send_text(client, "0123456789a");
  CHECK(answer(client).empty());
  CHECK(server.taken == 1);
}

TEST_CASE("PacketServer: more descriptors than one do not stay open", "[asio][security]") {
  Running server;
  const FileDescriptor client = connect_to(server.path);
  send_text(client, "packet");
  CHECK(answer(client) == "+");
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 20; ++i) {
    send_files(client, 10);
    CHECK(answer(client) == "+");
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("PacketServer: who sends nothing is let go", "[asio][security]") {
  PacketLimits limits;
  limits.idle = 50ms;
  Running server(limits);
  const FileDescriptor client = connect_to(server.path);
  CHECK(answer(client).empty());
}

TEST_CASE("PacketServer: nobody takes all connections", "[asio][security]") {
  PacketLimits limits;
  limits.of_one_sender = 2;
  Running server(limits);
  std::vector<FileDescriptor> clients;
  for (int i = 0; i < 2; ++i) {
    clients.push_back(connect_to(server.path));
    send_text(clients.back(), "packet");
    CHECK(answer(clients.back()) == "+");
  }
  const FileDescriptor third = connect_to(server.path);
  CHECK(answer(third).empty());
}

TEST_CASE("PacketServer: at the limit others wait, and get their turn", "[asio]") {
  PacketLimits limits;
  limits.connections = 1;
  Running server(limits);
  std::optional<FileDescriptor> first = connect_to(server.path);
  send_text(*first, "packet");
  CHECK(answer(*first) == "+");
  const FileDescriptor second = connect_to(server.path);
  send_text(second, "packet");
  CHECK(answer(second, 200) == "?");
  first.reset();
  CHECK(answer(second) == "+");
}

TEST_CASE("PacketServer: drain takes what has come, then closes", "[asio]") {
  Running server;
  const FileDescriptor client = connect_to(server.path);
  send_text(client, "packet");
  CHECK(answer(client) == "+");
  server.inside([&](PacketServer& inner) {
    send_text(client, "last");
    inner.drain();
    CHECK(inner.connections() == 0);
  });
  CHECK(answer(client) == "+");
  CHECK(answer(client).empty());
  CHECK(server.taken == 2);
}

TEST_CASE("open_for_packets: for everybody, and gone with its owner", "[sockets]") {
  std::string path;
  {
    const Running server;
    path = server.path;
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0666);
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace postern::io
