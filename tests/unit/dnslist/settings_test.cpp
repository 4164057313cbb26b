#include "lib/dnslist/settings.hpp"

#include "tests/unit/dnslist/dnslist_zone.hpp"

namespace postern::dnslist {
namespace {

Expected<Settings, config::ConfigError> load(std::string_view text) {
  const auto document = config::parse_document(text, "file");
  REQUIRE(document);
  const auto checked = config::check_keys(*document, setting_rows());
  if (!checked) return Unexpected<config::ConfigError>(checked.error());
  return load_settings(*document);
}

TEST_CASE("load_settings: without any, no list is asked and none alone could reject", "[dnslist]") {
  const auto settings = load("");
  REQUIRE(settings);
  CHECK(settings->lists.empty());
  CHECK(settings->zone_limit.value < settings->reject_score.value);
  CHECK(settings->suspicious_score.value < settings->reject_score.value);
}

TEST_CASE("load_settings: lists", "[dnslist]") {
  const auto settings = load(R"(
[dnslist.zone."b.example"]
weight = "-1.25"
codes = ["127.0.0.2", "&0.0.0.4"]
[dnslist.zone.key]
zone = "Secret.B.example"
kind = "domain"
reason = true
probe_listed = ""
)");
  if (!settings) FAIL(settings.error().text());
  REQUIRE(settings->lists.size() == 2);
  const List& first = settings->lists[0];
  CHECK(first.name == "b.example");
  CHECK(first.zone == "b.example");
  CHECK(first.weight == -1.25);
  CHECK(first.codes.size() == 2);
  CHECK(first.probe_listed == "127.0.0.2");
  CHECK(first.probe_unlisted == "127.0.0.1");
  const List& second = settings->lists[1];
  CHECK(second.name == "key");
  CHECK(second.zone == "secret.b.example");
  CHECK(second.kind == Kind::domain);
  CHECK(second.weight == 2);
  CHECK(second.probe_listed.empty());
  CHECK(second.probe_unlisted == "invalid");
}

TEST_CASE("load_settings: errors name file, line, and key", "[dnslist]") {
  const auto [line, problem] = GENERATE(table<std::string, std::string>({
      {R"(weight = "1.2345")", "is no number"},
      {R"(weight = 1001)", "is no number"},
      {R"(weight = "x")", "is no number"},
      {R"(weight = "1.")", "is no number"},
      {R"(weight = true)", "is no number"},
      {R"(codes = ["192.0.2.1"])", "192.0.2.1"},
      {R"(zone = "a..b")", "is no domain name"},
      {R"(kind = "url")", "address"},
      {R"(probe_listed = "x y")", "is no address"},
      {R"(wieght = 1)", "nearest"},
  }));
  CAPTURE(line);
  const auto settings = load("[dnslist.zone.\"l.example\"]\n" + line);
  REQUIRE_FALSE(settings);
  CHECK(settings.error().text().starts_with("file:2: "));
  CHECK(settings.error().problem.find(problem) != std::string::npos);
}

TEST_CASE("load_settings: too many lists, and a table that is no zone", "[dnslist]") {
  std::string text;
  for (std::size_t i = 0; i <= max_lists; ++i) {
    text += "[dnslist.zone.\"l" + std::to_string(i) + ".example\"]\nweight = 1\n";
  }
  CHECK_FALSE(load(text));
  CHECK_FALSE(load("[dnslist.zone.\"a b\"]\nweight = 1\n"));
}

TEST_CASE("evaluate: what is exempt is not told", "[dnslist][security]") {
  const auto settings = load(R"(
[dnslist]
exempt_clients = ["192.0.2.0/24"]
exempt_domains = [".example.org"]
[dnslist.zone."a.example"]
weight = 1
[dnslist.zone."d.example"]
kind = "domain"
)");
  if (!settings) FAIL(settings.error().text());
  const auto asked = [&](std::string_view client, std::string_view domain) {
    return run_in<Score>("{}",
                         [&](const dns::Answers& answers) {
                           return evaluate(*settings, settings->lists, ip(client), domain, answers);
                         })
        .asked.size();
  };
  CHECK(asked("192.0.2.1", "example.net") == 0);
  CHECK(asked("::ffff:192.0.2.1", "example.net") == 0);
  CHECK(asked("198.51.100.1", "A.example.org") == 1);
  CHECK(asked("198.51.100.1", "example.net") == 2);
}

}  // namespace
}  // namespace postern::dnslist
