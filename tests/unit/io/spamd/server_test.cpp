#include "lib/io/spamd/server.hpp"

#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <stdexcept>
#include <system_error>

#include "lib/io/sockets/connection.hpp"
#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

using Catch::Matchers::Contains;
namespace spamd = antispam::spamd;

/// Answers with what it was asked, and keeps what went wrong.
class Echo final : public SpamdHandler {
 public:
  std::string answer(const spamd::Request& request, std::string message,
                     const std::string& peer) override {
    if (message == "throw") throw std::runtime_error("thrown");
    return request.user + "|" + message + "|" + peer;
  }
  void on_problem(const std::string& /*peer*/, const std::string& problem) noexcept override {
    const std::lock_guard lock(mutex_);
    problems_.push_back(problem);
  }
  [[nodiscard]] std::vector<std::string> problems() const {
    const std::lock_guard lock(mutex_);
    return problems_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> problems_;
};

class Fixture {
 public:
  explicit Fixture(SpamdLimits limits = some_limits()) {
    auto listener = Listener::open("unix:" + path_, {});
    REQUIRE(listener.has_value());
    std::vector<Listener> listeners;
    listeners.push_back(std::move(*listener));
    server_.emplace(std::move(listeners), handler_, std::move(limits));
  }
  static SpamdLimits some_limits() {
    SpamdLimits limits;
    limits.message_size = 1000;
    limits.threads = 2;
    return limits;
  }

  /// All that is answered to these octets.
  [[nodiscard]] std::string ask(std::string_view bytes, bool ends = true) const {
    auto connection = connect_to(path_, Deadline(std::chrono::seconds(10)));
    REQUIRE(connection.has_value());
    (void)connection->send(bytes);
    if (ends) ::shutdown(connection->descriptor(), SHUT_WR);
    std::string answer;
    std::array<char, 1024> chunk{};
    while (wait_ready(connection->descriptor(), POLLIN, connection->deadline())) {
      const ssize_t size = ::recv(connection->descriptor(), chunk.data(), chunk.size(), 0);
      if (size <= 0) break;
      answer.append(chunk.data(), static_cast<std::size_t>(size));
    }
    return answer;
  }
  [[nodiscard]] std::vector<std::string> problems() const { return handler_.problems(); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  const std::string path_ =
      (std::filesystem::temp_directory_path() / ("spamd-test-" + std::to_string(::getpid())))
          .string();
  Echo handler_;
  std::optional<SpamdServer> server_;
};

std::string packed(std::string_view text) {
  uLongf size = compressBound(text.size());
  std::string out(size, '\0');
  REQUIRE(compress(reinterpret_cast<Bytef*>(out.data()), &size,
                   reinterpret_cast<const Bytef*>(text.data()), text.size()) == Z_OK);
  out.resize(size);
  return out;
}

std::string request(std::string_view headers, std::string_view content) {
  return "CHECK SPAMC/1.5\r\n" + std::string(headers) +
         "Content-length: " + std::to_string(content.size()) + "\r\n\r\n" + std::string(content);
}

TEST_CASE("a request is answered without waiting for the end of the connection", "[io]") {
  const Fixture server;
  CHECK(server.ask(request("User: anna\r\n", "text"), false) == "anna|text|127.0.0.1");
  CHECK(server.problems().empty());
}

TEST_CASE("a head that comes octet by octet is read", "[io]") {
  const Fixture server;
  auto connection = connect_to(server.path(), Deadline(std::chrono::seconds(10)));
  REQUIRE(connection.has_value());
  for (const char octet : request("User: anna\r\n", "text")) {
    REQUIRE(connection->send(std::string(1, octet)).has_value());
  }
  const std::string wanted = "anna|text|127.0.0.1";
  const auto answer = connection->receive(wanted.size());
  REQUIRE(answer.has_value());
  CHECK(*answer == wanted);
}

TEST_CASE("a head without end is refused, and so is one that never stops coming",
          "[io][security]") {
  const Fixture server;
  const std::string filler(7000, 'x');
  std::string head = "CHECK SPAMC/1.5\r\n";
  for (int i = 0; i < 12; ++i) head += "X-Filler: " + filler + "\r\n";
  CHECK_THAT(server.ask(head), Contains("line too long"));
  CHECK_THAT(server.ask("CHECK SPAMC/1.5\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n"),
             Contains("line too long"));
  CHECK_THAT(server.ask(std::string(80'000, 'x')), Contains("line too long"));
}

TEST_CASE("who sends all the time is cut off at the deadline", "[io][security]") {
  SpamdLimits limits = Fixture::some_limits();
  limits.message_size = 1'000'000'000;
  limits.request = std::chrono::milliseconds(200);
  const Fixture server(limits);
  auto connection = connect_to(server.path(), Deadline(std::chrono::seconds(10)));
  REQUIRE(connection.has_value());
  REQUIRE(connection->send("CHECK SPAMC/1.5\r\n\r\n").has_value());
  const auto began = std::chrono::steady_clock::now();
  while (connection->send("x").has_value()) {
    if (std::chrono::steady_clock::now() - began > std::chrono::seconds(5)) break;
  }
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(5));
}

TEST_CASE("without a length the content goes on to the end", "[io]") {
  const Fixture server;
  CHECK(server.ask("CHECK SPAMC/1.5\r\n\r\ntext") == "|text|127.0.0.1");
  CHECK(server.ask("CHECK SPAMC/1.0\r\ntext") == "|text|127.0.0.1");
  CHECK(server.ask("PING SPAMC/1.2\r\n", false) == "||127.0.0.1");
}

TEST_CASE("compressed messages, and bombs", "[io]") {
  const Fixture server;
  CHECK(server.ask(request("Compress: zlib\r\n", packed("text"))) == "|text|127.0.0.1");
  CHECK_THAT(server.ask(request("Compress: zlib\r\n", packed(std::string(100'000, 'x')))),
             Contains("SPAMD/1.0 69") && Contains("too large"));
  CHECK_THAT(server.ask(request("Compress: zlib\r\n", "no zlib stream")), Contains("damaged"));
  std::string wrong = packed("text");
  wrong.back() = static_cast<char>(wrong.back() + 1);  // of the checksum
  CHECK_THAT(server.ask(request("Compress: zlib\r\n", wrong)), Contains("damaged"));
}

TEST_CASE("what is too large, too short, or no request is refused", "[io]") {
  const Fixture server;
  CHECK_THAT(server.ask(request("", std::string(2000, 'x'))), Contains("too large"));
  CHECK_THAT(server.ask("CHECK SPAMC/1.5\r\n\r\n" + std::string(200'000, 'x')),
             Contains("too large"));
  CHECK_THAT(server.ask("CHECK SPAMC/1.5\r\nContent-length: 9\r\n\r\ntext"),
             Contains("SPAMD/1.0 76") && Contains("Expected 9 bytes, got 4 bytes"));
  CHECK_THAT(server.ask("GET / HTTP/1.0\r\n\r\n"), Contains("SPAMD/1.0 76"));
  CHECK(server.problems().size() == 4);
}

TEST_CASE("a handler that throws costs one request", "[io]") {
  const Fixture server;
  CHECK_THAT(server.ask(request("", "throw")), Contains("SPAMD/1.0 69"));
  CHECK(server.problems() == std::vector<std::string>{"thrown"});
  CHECK(server.ask(request("", "text")) == "|text|127.0.0.1");
}

TEST_CASE("who does not send its request in time is told so", "[io]") {
  SpamdLimits limits = Fixture::some_limits();
  limits.request = std::chrono::milliseconds(50);
  const Fixture server(limits);
  CHECK_THAT(server.ask("CHECK SPAMC/1.5\r\n", false), Contains("SPAMD/1.0 79"));
}

// Sanitizers take address space of their own.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("threads that are lacking are an error, not the end", "[io]") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::ifstream statistics("/proc/self/statm");
    rlim_t pages = 0;
    statistics >> pages;
    constexpr rlim_t room = 30'000'000;  // for the stacks of a few
    const rlim_t limit = pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)) + room;
    const rlimit limits{limit, limit};
    ::setrlimit(RLIMIT_AS, &limits);
    Echo handler;
    SpamdLimits many = Fixture::some_limits();
    many.threads = 64;
    try {
      const SpamdServer server({}, handler, many);
    } catch (const std::system_error&) {
      ::_exit(0);
    }
    ::_exit(1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}
#endif

}  // namespace
}  // namespace postern::io
