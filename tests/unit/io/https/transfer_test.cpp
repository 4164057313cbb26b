// Tests of HTTPS requests against local web servers (https_server.py).
#include "lib/io/https/transfer.hpp"

#include <chrono>
#include <cstdlib>

#include "tests/support/catch.hpp"
#include "tests/unit/io/https/servers.hpp"

namespace postern::io {
namespace {

using namespace std::chrono_literals;

constexpr const char* url = "https://mta-sts.example.org/.well-known/mta-sts.txt";

HttpsResult fetch(const HttpsOptions& options, const HttpsRequest& request = {url, {}}) {
  return Transfer(request, options).run();
}

TEST_CASE("Transfer: what servers answer", "[https][rfc8461-3.3]") {
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

TEST_CASE("Transfer: everything ends by the deadline", "[https][security]") {
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

TEST_CASE("Transfer: the authorities of the system do not know ours", "[https][security]") {
  if (servers() == nullptr) return;
  HttpsOptions options = servers()->options_for("good");
  options.ca_file.clear();
  const HttpsResult result = fetch(options);
  REQUIRE_FALSE(result);
  CHECK(result.error().starts_with("its certificate is refused: "));
}

TEST_CASE("Transfer: an authority file that is not there", "[https]") {
  if (servers() == nullptr) return;
  HttpsOptions options = servers()->options_for("good");
  options.ca_file = "/nonexistent/ca.pem";
  CHECK(fetch(options).error() == "no authorities are trusted: install ca-certificates");
}

TEST_CASE("Transfer: proxies of the environment are not asked", "[https][security]") {
  if (servers() == nullptr) return;
  ::setenv("https_proxy", "http://127.0.0.1:1", 1);
  ::setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
  CHECK(fetch(servers()->options_for("good")));
  ::unsetenv("https_proxy");
  ::unsetenv("ALL_PROXY");
}

TEST_CASE("Transfer: the address is the caller's", "[https]") {
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

}  // namespace
}  // namespace postern::io
