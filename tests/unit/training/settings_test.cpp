#include "lib/training/settings.hpp"

#include "tests/support/catch.hpp"

namespace postern::training {
namespace {

TEST_CASE("load_settings: defaults", "[training]") {
  const auto settings = load_settings({});
  REQUIRE(settings);
  CHECK(settings->senders == std::vector<std::string>{"vmail"});
  CHECK_FALSE(settings->system_users);
  CHECK(settings->max_message.bytes == 1024 * 1024);
  CHECK(settings->feeds_reputation);
}

TEST_CASE("load_settings: what cannot work names line and remedy", "[training]") {
  struct Case {
    std::string text;
    std::string error;
  };
  const auto [text, error] = GENERATE(values<Case>(
      {{"directory = \"learner\"", "learner.directory: needs a path that begins with /"},
       {"spool = \"spool\"", "learner.spool: needs a path that begins with /, or to be empty"},
       {"spool_interval = \"99ms\"", "learner.spool_interval: is below 100ms"},
       {"hosts = [\"a b\"]", "learner.hosts: \"a b\" is no host name"}}));
  const auto document = config::parse_document("[learner]\n" + text + "\n", "file");
  REQUIRE(document);
  CHECK(config::check_keys(*document, setting_rows()));
  const auto settings = load_settings(*document);
  REQUIRE_FALSE(settings);
  CHECK(settings.error().text() == "file:2: " + error);
}

TEST_CASE("load_settings: names of hosts in one form", "[training]") {
  const auto document =
      config::parse_document("[learner]\nhosts = [\"MX.Example.org.\"]\n", "file");
  REQUIRE(document);
  const auto settings = load_settings(*document);
  REQUIRE(settings);
  CHECK(settings->hosts == std::vector<std::string>{"mx.example.org"});
}

}  // namespace
}  // namespace postern::training
