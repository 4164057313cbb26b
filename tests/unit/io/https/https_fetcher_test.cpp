// Tests of the HTTPS fetcher against local web servers (https_server.py).
#include "lib/io/https/https_fetcher.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <map>
#include <sstream>
#include <thread>

#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

using namespace std::chrono_literals;

constexpr const char* url = "https://mta-sts.example.org/.well-known/mta-sts.txt";

// The servers, for the whole of this program.
class Servers {
 public:
  Servers() {
    std::string pattern = (std::filesystem::temp_directory_path() / "https_test.XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    std::array<int, 2> input{};
    std::array<int, 2> output{};
    if (::pipe(input.data()) != 0 || ::pipe(output.data()) != 0) return;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input[0], 0);
    posix_spawn_file_actions_adddup2(&actions, output[1], 1);
    for (const int end : {input[0], input[1], output[0], output[1]}) {
      posix_spawn_file_actions_addclose(&actions, end);
    }
    std::string program = "/usr/bin/python3";
    std::string script = "tests/unit/io/https/https_server.py";
    std::array<char*, 4> words = {program.data(), script.data(), directory_.data(), nullptr};
    if (::posix_spawn(&child_, words[0], &actions, nullptr, words.data(), environ) != 0)
      child_ = -1;
    posix_spawn_file_actions_destroy(&actions);
    ::close(input[0]);
    ::close(output[1]);
    input_ = input[1];
    read_ports(output[0]);
    ::close(output[0]);
  }
  Servers(const Servers&) = delete;
  Servers& operator=(const Servers&) = delete;
  ~Servers() {
    ::close(input_);
    if (child_ > 0) ::waitpid(child_, nullptr, 0);
    std::filesystem::remove_all(directory_);
  }

  [[nodiscard]] bool are_ready() const { return ready_; }
  [[nodiscard]] HttpsOptions options_for(const std::string& name) const {
    HttpsOptions options;
    options.timeout = 5s;
    options.ca_file = directory_ + "/ca.pem";
    options.connect_to = "127.0.0.1:" + ports_.at(name);
    return options;
  }

 private:
  void read_ports(int from) {
    std::string text;
    std::array<char, 4096> chunk{};
    while (text.find("ready\n") == std::string::npos) {
      const ssize_t got = ::read(from, chunk.data(), chunk.size());
      if (got <= 0) return;
      text.append(chunk.data(), static_cast<std::size_t>(got));
    }
    std::istringstream lines(text);
    std::string name;
    std::string port;
    while (lines >> name >> port) ports_[name] = port;
    ready_ = true;
  }

  std::string directory_;
  std::map<std::string, std::string> ports_;
  pid_t child_ = -1;
  int input_ = -1;
  bool ready_ = false;
};

const Servers* servers() {
  static const Servers all;
  if (all.are_ready()) return &all;
  std::puts("skipped: https servers (/usr/bin/python3 with python3-cryptography) not found");
  return nullptr;
}

HttpsResult fetch(const HttpsOptions& options, HttpsRequest request = {url, {}}) {
  HttpsFetcher fetcher(options);
  std::promise<HttpsResult> promise;
  fetcher.fetch(std::move(request), [&](const HttpsResult& result) { promise.set_value(result); });
  return promise.get_future().get();
}

TEST_CASE("HttpsFetcher: what servers answer", "[https][rfc8461-3.3]") {
  if (servers() == nullptr) return;
  const auto [name, expected] = GENERATE(table<std::string, std::string>({
      {"good", "version: STSv1\r\n"},
      {"charset", "version: STSv1\r\n"},
      {"wildcard", "version: STSv1\r\n"},
      {"largest", "xxx"},
      {"wrong-name", "its certificate is refused: "},
      {"expired", "its certificate is refused: "},
      {"self-signed", "its certificate is refused: "},
      {"redirect", "its server answers 302"},
      {"missing", "its server answers 404"},
      {"html", "its server does not call it text/plain"},
      {"no-type", "its server does not call it text/plain"},
      {"large", "its answer is too large"},
      {"endless", "its answer is too large"},
      {"headers", "its answer is too large"},
      {"cut", "it cannot be fetched: "},
      {"garbage", "it cannot be fetched: "},
      {"nothing", "it cannot be fetched: "},
      {"plain", "it cannot be fetched: "},
  }));
  CAPTURE(name);
  const HttpsResult result = fetch(servers()->options_for(name));
  const std::string text = result ? *result : result.error();
  CHECK(text.substr(0, expected.size()) == expected);
  CHECK(result.has_value() == (expected[0] == 'v' || expected[0] == 'x'));
  if (!result) CHECK(text.find_first_of("\r\n") == std::string::npos);
}

TEST_CASE("HttpsFetcher: everything ends by the deadline", "[https][security]") {
  if (servers() == nullptr) return;
  const auto name = GENERATE(as<std::string>{}, "slow", "drip", "no-tls", "continue");
  CAPTURE(name);
  HttpsOptions options = servers()->options_for(name);
  options.timeout = 300ms;
  const auto start = std::chrono::steady_clock::now();
  const HttpsResult result = fetch(options);
  REQUIRE_FALSE(result);
  // So many lines of "100 Continue" may be too many before.
  CHECK((result.error() == "no answer in time" || name == "continue"));
  CHECK(std::chrono::steady_clock::now() - start < 3s);
}

TEST_CASE("HttpsFetcher: the authorities of the system do not know ours", "[https][security]") {
  if (servers() == nullptr) return;
  HttpsOptions options = servers()->options_for("good");
  options.ca_file.clear();
  const HttpsResult result = fetch(options);
  REQUIRE_FALSE(result);
  CHECK(result.error().starts_with("its certificate is refused: "));
}

TEST_CASE("HttpsFetcher: an authority file that is not there", "[https]") {
  if (servers() == nullptr) return;
  HttpsOptions options = servers()->options_for("good");
  options.ca_file = "/nonexistent/ca.pem";
  CHECK(fetch(options).error() == "no authorities are trusted: install ca-certificates");
}

TEST_CASE("HttpsFetcher: proxies of the environment are not asked", "[https][security]") {
  if (servers() == nullptr) return;
  ::setenv("https_proxy", "http://127.0.0.1:1", 1);
  ::setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
  CHECK(fetch(servers()->options_for("good")));
  ::unsetenv("https_proxy");
  ::unsetenv("ALL_PROXY");
}

TEST_CASE("HttpsFetcher: the address is the caller's", "[https]") {
  HttpsOptions options;
  options.timeout = 2s;
  const auto loopback = parse_ip_address("127.0.0.1").value();
  // Nobody serves port 443 here, so the name is not looked up elsewhere.
  CHECK_FALSE(fetch(options, {"https://mta-sts.example.org/x", {loopback}}));
  for (const char* bad : {"http://mta-sts.example.org/x", "https://a@b.example/x",
                          "https://b.example:25/x", "file:///etc/passwd", ""}) {
    CAPTURE(bad);
    CHECK(fetch(options, {bad, {loopback}}).error() ==
          "it cannot be fetched: no address, or no https URL");
  }
  CHECK(fetch(options, {url, {}}).error() == "it cannot be fetched: no address, or no https URL");
}

TEST_CASE("HttpsFetcher: many at once, one request for one URL", "[https]") {
  if (servers() == nullptr) return;
  constexpr int count = 200;
  std::atomic<int> good{0};
  {
    HttpsFetcher fetcher(servers()->options_for("good"));
    std::promise<void> all;
    for (int i = 0; i < count; ++i) {
      fetcher.fetch({url, {}}, [&](const HttpsResult& result) {
        if (result && good.fetch_add(1) + 1 == count) all.set_value();
      });
    }
    CHECK(all.get_future().wait_for(10s) == std::future_status::ready);
  }
  CHECK(good == count);
}

TEST_CASE("HttpsFetcher: too many URLs fail at once, and stopping answers all", "[https]") {
  if (servers() == nullptr) return;
  HttpsOptions options = servers()->options_for("slow");
  options.max_parallel = 2;
  options.max_waiting = 3;
  std::atomic<int> failed{0};
  const auto start = std::chrono::steady_clock::now();
  {
    HttpsFetcher fetcher(options);
    for (int i = 0; i < 20; ++i) {
      fetcher.fetch({"https://h" + std::to_string(i) + ".example.org/.well-known/mta-sts.txt", {}},
                    [&](const HttpsResult& result) { failed += result ? 0 : 1; });
    }
    CHECK(failed >= 20 - 5);
  }
  CHECK(failed == 20);
  CHECK(std::chrono::steady_clock::now() - start < 3s);
}

TEST_CASE("HttpsFetcher: waiting counts towards the deadline", "[https]") {
  if (servers() == nullptr) return;
  HttpsOptions options = servers()->options_for("slow");
  options.max_parallel = 1;
  options.timeout = 300ms;
  HttpsFetcher fetcher(options);
  std::promise<std::string> second;
  const auto start = std::chrono::steady_clock::now();
  fetcher.fetch({url, {}}, [](const HttpsResult&) {});
  fetcher.fetch({"https://other.example.org/.well-known/mta-sts.txt", {}},
                [&](const HttpsResult& result) { second.set_value(result.error()); });
  CHECK(second.get_future().get() == "no answer in time");
  CHECK(std::chrono::steady_clock::now() - start < 2s);
}

}  // namespace
}  // namespace postern::io
