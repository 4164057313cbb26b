// Tests of fetching in processes: with scripts in the place of postern-fetch, and with itself.
#include "lib/io/fetcher/https_fetcher.hpp"

#include <signal.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "lib/io/process/spawn.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/io/https/servers.hpp"

namespace postern::io {
namespace {

using namespace std::chrono_literals;

constexpr const char* url = "https://mta-sts.example.org/.well-known/mta-sts.txt";

std::string url_of(int number) {
  return "https://h" + std::to_string(number) + ".example.org/.well-known/mta-sts.txt";
}

// A folder with a script that is started as postern-fetch.
class Script {
 public:
  explicit Script(const std::string& text) {
    std::string pattern = (std::filesystem::temp_directory_path() / "fetch_test.XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    std::ofstream(path()) << "#!/bin/sh\ncd " << folder_ << "\n" << text << "\n";
    std::filesystem::permissions(path(), std::filesystem::perms::owner_all);
  }
  Script(const Script&) = delete;
  Script& operator=(const Script&) = delete;
  ~Script() { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string path() const { return folder_ + "/postern-fetch"; }
  [[nodiscard]] FetcherOptions options() const {
    FetcherOptions options;
    options.program = path();
    options.https.timeout = 30s;
    return options;
  }
  // The lines that it wrote into a file of this name.
  [[nodiscard]] std::vector<std::string> lines(const std::string& name) const {
    std::ifstream file(folder_ + "/" + name);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }
  // Whether all whose numbers it wrote into "pids" have ended and been waited for.
  [[nodiscard]] bool are_gone() const {
    const auto pids = lines("pids");
    return std::all_of(pids.begin(), pids.end(), [](const std::string& pid) {
      return ::kill(std::stoi(pid), 0) != 0 && errno == ESRCH;
    });
  }

 private:
  std::string folder_;
};

// Runs the loop until something is so, but not for ever. Once only: Asio wants it so.
void run_until(EventLoop& loop, const std::function<bool()>& is_so) {
  const auto guard = loop.after(60s, [&loop] { loop.stop(); });
  EventLoop::Timer tick;
  const std::function<void()> look = [&] {
    if (is_so()) return loop.stop();
    tick = loop.after(2ms, look);
  };
  look();
  loop.run();
}

// The results of fetches, in the order in which they came.
std::vector<HttpsResult> fetch_all(const FetcherOptions& options,
                                   const std::vector<HttpsRequest>& requests) {
  EventLoop loop;
  std::vector<HttpsResult> results;
  HttpsFetcher fetcher(loop, options);
  for (const HttpsRequest& request : requests) {
    fetcher.fetch(request, [&](const HttpsResult& result) { results.push_back(result); });
  }
  run_until(loop, [&] { return results.size() == requests.size(); });
  return results;
}

HttpsResult fetch(const FetcherOptions& options, const HttpsRequest& request = {url, {}}) {
  const auto results = fetch_all(options, {request});
  REQUIRE(results.size() == 1);
  return results.front();
}

TEST_CASE("HttpsFetcher: what the program is told, and what it prints", "[https]") {
  const Script script("printf '%s\\n' \"$@\" > words; echo $$ > pids; printf 'a\\nb'");
  FetcherOptions options = script.options();
  options.https.ca_file = "/etc/ca file.pem";
  options.https.connect_to = "127.0.0.1:1";
  const HttpsResult result =
      fetch(options, {url, {*parse_ip_address("192.0.2.1"), *parse_ip_address("2001:db8::1")}});
  CHECK(result == HttpsResult("a\nb"));
  auto words = script.lines("words");
  REQUIRE(words.size() == 9);
  CHECK(words.front().starts_with("--timeout="));
  words.erase(words.begin());
  CHECK(words == std::vector<std::string>{"--max-body=65536", "--content-type=text/plain",
                                          "--ca-file=/etc/ca file.pem", "--connect-to=127.0.0.1:1",
                                          "--", url, "192.0.2.1", "2001:db8::1"});
  CHECK(script.are_gone());
}

TEST_CASE("HttpsFetcher: what goes wrong is one printable line", "[https][security]") {
  const auto [text, problem] = GENERATE(table<std::string, std::string>({
      {"echo its server answers 404; exit 1", "its server answers 404"},
      {"printf 'a\\033[2J\\tb\\r\\nc\\n'; exit 1", "a?[2J?b?"},
      {"head -c 5000 /dev/zero | tr '\\0' x; exit 1", std::string(300, 'x')},
      {"exit 1", "PATH ended with status 1: run it with --version to see what it lacks"},
      {"echo a library; exit 127",
       "PATH ended with status 127: run it with --version to see what it lacks"},
      {"kill -SEGV $$", "PATH was ended by signal 11: run it with --version to see what it lacks"},
      {"head -c 65537 /dev/zero", "its answer is too large"},
      {"cat /dev/zero", "its answer is too large"},
  }));
  CAPTURE(text);
  const Script script(text);
  const HttpsResult result = fetch(script.options());
  REQUIRE_FALSE(result);
  std::string error = result.error();
  if (error.starts_with(script.path())) error.replace(0, script.path().size(), "PATH");
  CHECK(error == problem);
}

TEST_CASE("HttpsFetcher: a program that is not there, or must not be run", "[https]") {
  const Script script("");
  FetcherOptions options = script.options();
  options.program = "/nonexistent/postern-fetch";
  CHECK(fetch(options).error() ==
        "/nonexistent/postern-fetch cannot be run (No such file or directory): install it as "
        "postern-policy was, with mode 0755");
  std::filesystem::permissions(script.path(), std::filesystem::perms::owner_read);
  CHECK(fetch(script.options()).error() ==
        script.path() +
            " cannot be run (Permission denied): install it as postern-policy was, "
            "with mode 0755");
}

TEST_CASE("HttpsFetcher: at the deadline the program is killed", "[https][security]") {
  const Script script("echo $$ > pids; trap '' TERM; exec sleep 600");
  FetcherOptions options = script.options();
  options.https.timeout = 300ms;
  CHECK(fetch(options).error() == "no answer in time");
  CHECK(script.are_gone());
}

TEST_CASE("HttpsFetcher: waiting counts towards the deadline", "[https]") {
  const Script script("echo $$ >> pids; exec sleep 600");
  FetcherOptions options = script.options();
  options.max_parallel = 1;
  options.https.timeout = 300ms;
  const auto results = fetch_all(options, {{url_of(1), {}}, {url_of(2), {}}});
  REQUIRE(results.size() == 2);
  for (const HttpsResult& result : results) CHECK(result.error() == "no answer in time");
  CHECK(script.are_gone());
}

TEST_CASE("HttpsFetcher: several for one URL become one request", "[https]") {
  const Script script("echo $$ >> pids; printf body");
  const auto results = fetch_all(script.options(), std::vector<HttpsRequest>(200, {url, {}}));
  REQUIRE(results.size() == 200);
  for (const HttpsResult& result : results) CHECK(result == HttpsResult("body"));
  CHECK(script.lines("pids").size() == 1);
}

TEST_CASE("HttpsFetcher: many URLs, no more than allowed at the same time", "[https]") {
  // Each notes how many run while it does.
  const Script script("touch run.$$; ls run.* | wc -l >> counts; sleep 0.01; rm run.$$; printf ok");
  FetcherOptions options = script.options();
  options.max_parallel = 4;
  std::vector<HttpsRequest> requests;
  for (int i = 0; i < 60; ++i) requests.push_back({url_of(i), {}});
  const auto results = fetch_all(options, requests);
  REQUIRE(results.size() == 60);
  for (const HttpsResult& result : results) CHECK(result == HttpsResult("ok"));
  const auto counts = script.lines("counts");
  CHECK(counts.size() == 60);
  for (const std::string& count : counts) CHECK(std::stoi(count) <= 4);
}

TEST_CASE("HttpsFetcher: too many URLs fail at once; who is told may ask again", "[https]") {
  const Script script("printf ok");
  FetcherOptions options = script.options();
  options.max_parallel = 2;
  options.max_waiting = 3;
  EventLoop loop;
  HttpsFetcher fetcher(loop, options);
  int good = 0;
  int refused = 0;
  for (int i = 0; i < 20; ++i) {
    fetcher.fetch({url_of(i), {}}, [&, i](const HttpsResult& result) {
      if (!result) {
        CHECK(result.error() == "too many others are being fetched");
        ++refused;
        return;
      }
      ++good;
      fetcher.fetch({url_of(i), {}}, [&](const HttpsResult& again) { good += again ? 1 : 0; });
    });
  }
  CHECK(refused == 20 - 5);
  run_until(loop, [&] { return good == 10; });
  CHECK(good == 10);
  CHECK(refused == 20 - 5);
}

TEST_CASE("HttpsFetcher: stopping answers all and leaves no process", "[https]") {
  const Script script("echo $$ >> pids; exec sleep 600");
  FetcherOptions options = script.options();
  options.max_parallel = 3;
  std::vector<std::string> problems;
  {
    EventLoop loop;
    HttpsFetcher fetcher(loop, options);
    for (int i = 0; i < 10; ++i) {
      fetcher.fetch({url_of(i), {}},
                    [&](const HttpsResult& result) { problems.push_back(result.error()); });
    }
    run_until(loop, [&] { return script.lines("pids").size() == 3; });
    CHECK(problems.empty());
    CHECK_FALSE(script.are_gone());
  }
  CHECK(problems == std::vector<std::string>(10, "the fetcher has stopped"));
  CHECK(script.lines("pids").size() == 3);
  CHECK(script.are_gone());
}

TEST_CASE("HttpsFetcher: postern-fetch itself", "[https][rfc8461-3.3]") {
  if (servers() == nullptr) return;
  const auto [name, expected] = GENERATE(table<std::string, std::string>({
      {"good", "version: STSv1\r\n"},
      {"largest", "xxx"},
      {"wrong-name", "its certificate is refused: "},
      {"missing", "its server answers 404"},
      {"large", "its answer is too large"},
      {"plain", "it cannot be fetched: "},
  }));
  CAPTURE(name);
  FetcherOptions options;
  options.program = program_of_ours("postern-fetch", "/nonexistent");
  options.https = servers()->options_for(name);
  options.https.timeout = 30s;
  const HttpsResult result = fetch(options);
  const std::string text = result ? *result : result.error();
  CHECK(text.substr(0, expected.size()) == expected);
  CHECK(result.has_value() == (expected[0] == 'v' || expected[0] == 'x'));
}

TEST_CASE("HttpsFetcher: postern-fetch ends by the deadline", "[https][security]") {
  if (servers() == nullptr) return;
  FetcherOptions options;
  options.program = program_of_ours("postern-fetch", "/nonexistent");
  options.https = servers()->options_for("drip");
  options.https.timeout = 500ms;
  CHECK(fetch(options).error() == "no answer in time");
}

}  // namespace
}  // namespace postern::io
