// Tests of lists of milters and policy servers.
#include "lib/doctor/server_lists.hpp"

#include "tests/support/catch.hpp"

namespace postern::doctor {
namespace {

using Words = std::vector<std::string>;

TEST_CASE("parse_milters: settings in braces, in one word or in braces of their own", "[doctor]") {
  const auto [text, written] = GENERATE(table<std::string, std::string>({
      {"{ unix:b, default_action=accept }", "{ unix:b, default_action=accept }"},
      {"{inet:a:1,default_action=accept,content_timeout=60s}unix:b",
       "{ inet:a:1, default_action=accept, content_timeout=60s }, unix:b"},
      {"{ unix:b, { default_action = accept }, protocol=6 }",
       "{ unix:b, default_action=accept, protocol=6 }"},
      {"{ unix:b }", "unix:b"},
      {"{ unix:b, nothing, =x, y= }", "{ unix:b, y=, nothing, =x }"},
      {"{ { a = b } } unix:b", "unix:b"},
      {"{ }", ""},
      {"} unix:b", "unix:b"},
  }));
  const auto milters = parse_milters(text);
  CHECK(format(milters) == written);
  CHECK(parse_milters(format(milters)) == milters);
}

TEST_CASE("MilterEntry: of a setting given twice the last counts", "[doctor]") {
  const auto milters = parse_milters("{ unix:b, protocol=2, protocol=6 }");
  REQUIRE(milters.size() == 1);
  CHECK(milters[0].value("protocol") == "6");
  CHECK(milters[0].value("default_action").empty());
}

TEST_CASE("split_milters: braces hold settings of one milter", "[doctor]") {
  const auto [text, words] = GENERATE(table<std::string, Words>({
      {"", {}},
      {"inet:a:1", {"inet:a:1"}},
      {"inet:a:1, unix:b\tinet:c:2", {"inet:a:1", "unix:b", "inet:c:2"}},
      {"{inet:a:1, default_action=accept, connect_timeout=10s}, unix:b", {"inet:a:1", "unix:b"}},
      {"{ unix:b default_action=accept }inet:c:2", {"unix:b", "inet:c:2"}},
      {"{", {}},
      {"}{a", {"a"}},
  }));
  CHECK(split_milters(text) == words);
}

TEST_CASE("policy_servers: what follows the word", "[doctor]") {
  const auto [text, words] = GENERATE(table<std::string, Words>({
      {"permit_mynetworks, reject", {}},
      {"reject, check_policy_service unix:private/policy, permit", {"unix:private/policy"}},
      {"check_policy_service { inet:h:1, timeout=10s } check_policy_service inet:h:2",
       {"inet:h:1", "inet:h:2"}},
      {"check_policy_service", {}},
  }));
  CHECK(policy_servers(text) == words);
}

}  // namespace
}  // namespace postern::doctor
