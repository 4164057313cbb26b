#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "tests/support/catch.hpp"
#include "tests/unit/io/redis/redis_server.hpp"

namespace postern::io {
namespace {

using namespace std::chrono_literals;
using namespace postern::store;

constexpr Lifetime day = 24h;

// A port that was free a moment ago.
std::string free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), size) == 0);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(socket);
  return std::to_string(ntohs(address.sin_port));
}

struct TlsServer {
  TlsServer() {
    std::string pattern = (std::filesystem::temp_directory_path() / "postern-tls-XXXXXX").string();
    directory = ::mkdtemp(pattern.data());
    const std::string make =
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost "
        "-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout " +
        directory + "/key.pem -out " + directory + "/cert.pem 2> /dev/null";
    // One thread. NOLINTNEXTLINE(concurrency-mt-unsafe,bugprone-command-processor,cert-env33-c)
    if (std::system(make.c_str()) != 0) return;
    port = free_port();
    server = test::RedisServer::start(
        {"--tls-port", port, "--tls-cert-file", directory + "/cert.pem", "--tls-key-file",
         directory + "/key.pem", "--tls-auth-clients", "no", "--bind", "127.0.0.1"});
  }
  ~TlsServer() { std::filesystem::remove_all(directory); }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  [[nodiscard]] RedisOptions options(const std::string& host) const {
    RedisOptions options;
    options.server.host = host;
    options.server.port = static_cast<std::uint16_t>(std::stoi(port));
    options.server.tls = true;
    options.tls.ca_file = directory + "/cert.pem";
    options.timeout = 5s;
    return options;
  }

  std::string directory;
  std::string port;
  std::unique_ptr<test::RedisServer> server;
};

TEST_CASE("RedisStore: TLS, by name and by address", "[redis]") {
  const TlsServer tls;
  if (tls.server == nullptr) {
    WARN("skipped: redis-server not found");
    return;
  }
  for (const char* host : {"localhost", "127.0.0.1"}) {
    RedisStore store(tls.options(host));
    for (int i = 0; i < 5; ++i) {
      const Operation batch[] = {Put{"t/a", std::string(60000, 'x'), day}, Get{"t/a"}};
      const auto results = store.run(batch, Time{});
      if (!results) FAIL(results.error().text);
      CHECK(results->at(1) == Result(Value{std::string(60000, 'x')}));
    }
    // An idle connection that was closed is noticed under TLS, too.
    tls.server->command({"CLIENT", "KILL", "TYPE", "normal"});
    const Operation get = Get{"t/a"};
    CHECK(store.run({&get, 1}, Time{}).has_value());
  }
}

TEST_CASE("RedisStore: TLS with a certificate of somebody else is refused", "[redis][security]") {
  const TlsServer tls;
  if (tls.server == nullptr) {
    WARN("skipped: redis-server not found");
    return;
  }
  const Operation get = Get{"t/a"};
  RedisOptions other_name = tls.options("127.0.0.1");
  other_name.server.host = "127.0.0.2";
  other_name.timeout = 1s;
  RedisOptions unknown_issuer = tls.options("localhost");
  unknown_issuer.tls.ca_file.clear();
  RedisOptions no_file = tls.options("localhost");
  no_file.tls.ca_file = "/nonexistent";
  for (const RedisOptions& options : {other_name, unknown_issuer, no_file}) {
    const auto results = RedisStore(options).run({&get, 1}, Time{});
    REQUIRE_FALSE(results.has_value());
    INFO(results.error().text);
    CHECK(results.error().kind == Failure::Kind::unavailable);
  }
  const auto refused = RedisStore(unknown_issuer).run({&get, 1}, Time{});
  CHECK(refused.error().text.find("certificate is not accepted") != std::string::npos);
  // And TLS is not spoken to one that does not.
  RedisOptions plain = tls.options("localhost");
  plain.server.tls = false;
  plain.timeout = 300ms;
  CHECK_FALSE(RedisStore(plain).run({&get, 1}, Time{}).has_value());
}

TEST_CASE("RedisStore: a host that is not known costs no more than the deadline", "[redis]") {
  RedisOptions options;
  options.server.host = "no-such-host.invalid";
  options.timeout = 200ms;
  const auto begin = std::chrono::steady_clock::now();
  const Operation get = Get{"t/a"};
  const auto results = RedisStore(options).run({&get, 1}, Time{});
  REQUIRE_FALSE(results.has_value());
  CHECK(results.error().text.find("no-such-host.invalid") != std::string::npos);
  CHECK(std::chrono::steady_clock::now() - begin < 2s);
}

}  // namespace
}  // namespace postern::io
