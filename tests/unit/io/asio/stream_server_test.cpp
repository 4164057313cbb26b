#include "lib/io/asio/stream_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <optional>
#include <thread>

#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

using namespace std::chrono_literals;

std::atomic<int> late_count{0};

// Answers each line by itself; "wait" is owed an answer until "go" comes on any connection.
class Echo final : public Conversation {
 public:
  explicit Echo(Stream& stream) : stream_(stream) { all.push_back(this); }
  ~Echo() override { std::erase(all, this); }

  void on_data(std::string_view bytes) override {
    for (const char c : bytes) {
      text_ += c;
      if (c == '\n') take_line();
    }
    stream_.expect_within(text_.empty() ? 0ms : 200ms);
  }
  void on_end() override {
    if (!owes_) stream_.close();
  }
  void on_late() override { ++late_count; }
  [[nodiscard]] bool is_busy() const override { return owes_; }

  void settle() {
    if (!owes_) return;
    owes_ = false;
    stream_.send("at last\n");
    stream_.read_on();
  }

  static inline std::vector<Echo*> all;

 private:
  void take_line() {
    const std::string line = std::exchange(text_, {});
    if (line == "wait\n") {
      owes_ = true;
      stream_.pause_reading();
    } else if (line == "go\n") {
      for (Echo* other : all) other->settle();
    } else if (line == "flood\n") {
      stream_.send(std::string(8 << 20, 'x'));
    } else {
      stream_.send(line);
    }
  }

  Stream& stream_;
  std::string text_;
  bool owes_ = false;
};

// A server in a thread of its own.
class Fixture {
 public:
  explicit Fixture(const StreamLimits& limits = {}) {
    auto listener = Listener::open("inet:0@127.0.0.1", {"test", "test.socket"});
    REQUIRE(listener);
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(listener->descriptor(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = address.sin_port;
    server_.emplace(
        loop_, [](Stream& stream) { return std::make_unique<Echo>(stream); }, limits);
    server_->serve(std::move(*listener));
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~Fixture() {
    loop_.stop();
    thread_.join();
  }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  void drain() {
    loop_.post([this] { server_->drain(); });
  }
  void settle_all() {
    loop_.post([] {
      for (Echo* echo : Echo::all) echo->settle();
    });
  }
  void wait_until_busy(long count) {
    long busy = -1;
    for (int tries = 0; busy != count && tries < 5000; ++tries) {
      std::promise<long> promise;
      loop_.post([&promise] {
        promise.set_value(std::count_if(Echo::all.begin(), Echo::all.end(),
                                        [](const Echo* echo) { return echo->is_busy(); }));
      });
      busy = promise.get_future().get();
    }
    REQUIRE(busy == count);
  }
  [[nodiscard]] in_port_t port() const { return port_; }

 private:
  EventLoop loop_;
  in_port_t port_ = 0;
  std::optional<StreamServer> server_;
  std::thread thread_;
};

class Client {
 public:
  explicit Client(const Fixture& server) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = server.port();
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  void send(std::string_view text) const {
    (void)::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
  }
  void end() const { ::shutdown(socket_.get(), SHUT_WR); }
  /// What comes until `size` octets are there, the end, or five seconds have passed.
  [[nodiscard]] std::string receive(std::size_t size, bool& ended) const {
    std::string text;
    ended = false;
    while (text.size() < size) {
      pollfd ready{socket_.get(), POLLIN, 0};
      if (::poll(&ready, 1, 5000) != 1) break;
      char buffer[4096];
      const ssize_t count = ::read(socket_.get(), buffer, sizeof buffer);
      if (count <= 0) {
        ended = true;
        break;
      }
      text.append(buffer, static_cast<std::size_t>(count));
    }
    return text;
  }
  [[nodiscard]] std::string receive(std::size_t size) const {
    bool ended = false;
    return receive(size, ended);
  }
  [[nodiscard]] bool is_closed() const {
    bool ended = false;
    (void)receive(1, ended);
    return ended;
  }

 private:
  FileDescriptor socket_;
};

TEST_CASE("StreamServer: many connections at once, each in its own order", "[asio]") {
  Fixture server;
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 300; ++i) clients.push_back(std::make_unique<Client>(server));
  for (std::size_t i = 0; i < clients.size(); ++i) {
    clients[i]->send(std::to_string(1000 + i) + "\nsecond\n");
  }
  for (std::size_t i = 0; i < clients.size(); ++i) {
    CHECK(clients[i]->receive(12) == std::to_string(1000 + i) + "\nsecond\n");
  }
}

TEST_CASE("StreamServer: an owed answer is sent after the peer has ended", "[asio]") {
  Fixture server;
  const Client waiting(server);
  const Client other(server);
  waiting.send("first\n");
  CHECK(waiting.receive(6) == "first\n");
  waiting.send("wait\n");
  server.wait_until_busy(1);
  waiting.send("more\n");
  waiting.end();
  other.send("go\n");
  CHECK(waiting.receive(13) == "at last\nmore\n");
  CHECK(waiting.is_closed());
}

TEST_CASE("StreamServer: half a request is given up in time, an idle connection is not", "[asio]") {
  Fixture server;
  late_count = 0;
  const Client idle(server);
  const Client slow(server);
  slow.send("half");
  CHECK(slow.is_closed());
  CHECK(late_count == 1);
  idle.send("b\n");
  CHECK(idle.receive(2) == "b\n");
}

TEST_CASE("StreamServer: a peer that does not read costs bounded memory", "[asio][security]") {
  Fixture server;
  const Client deaf(server);
  deaf.send("flood\n");
  bool ended = false;
  CHECK(deaf.receive(16 << 20, ended).size() < (8 << 20));
  CHECK(ended);
  const Client next(server);
  next.send("c\n");
  CHECK(next.receive(2) == "c\n");
}

TEST_CASE("StreamServer: at the limit new connections wait for old ones to go", "[asio]") {
  StreamLimits limits;
  limits.connections = 2;
  Fixture server(limits);
  auto first = std::make_unique<Client>(server);
  const Client second(server);
  const Client third(server);
  second.send("s\n");
  CHECK(second.receive(2) == "s\n");
  third.send("t\n");
  first.reset();
  CHECK(third.receive(2) == "t\n");
}

TEST_CASE("StreamServer: drain ends what is idle, and what is busy after its answer", "[asio]") {
  Fixture server;
  const Client idle(server);
  const Client busy(server);
  idle.send("d\n");
  CHECK(idle.receive(2) == "d\n");
  busy.send("wait\n");
  server.wait_until_busy(1);
  server.drain();
  CHECK(idle.is_closed());
  server.settle_all();
  CHECK(busy.receive(8) == "at last\n");
  CHECK(busy.is_closed());
}

}  // namespace
}  // namespace postern::io
