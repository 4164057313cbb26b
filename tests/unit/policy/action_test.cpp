// Actions of access(5) as configured, and replies that stay one line whatever a peer says.
#include "lib/policy/action.hpp"

#include <algorithm>

#include "lib/base/ascii.hpp"
#include "tests/support/catch.hpp"

namespace postern::policy {
namespace {

using namespace std::string_literals;

TEST_CASE("parse_action: the words of access(5)", "[policy]") {
  const auto [text, verb, spelled] = GENERATE(table<std::string, Verb, std::string>({
      {"DUNNO", Verb::dunno, "DUNNO"},
      {" dunno ", Verb::dunno, "DUNNO"},
      {"OK", Verb::ok, "OK"},
      {"reject", Verb::reject, "REJECT"},
      {"REJECT 5.7.1 Not here", Verb::reject, "REJECT 5.7.1 Not here"},
      {"450 4.7.1 Later", Verb::reply, "450 4.7.1 Later"},
      {"554 No", Verb::reply, "554 No"},
      {"DEFER", Verb::defer, "DEFER"},
      {"DEFER_IF_PERMIT 4.7.1 x", Verb::defer_if_permit, "DEFER_IF_PERMIT 4.7.1 x"},
      {"DEFER_IF_REJECT", Verb::defer_if_reject, "DEFER_IF_REJECT"},
      {"HOLD", Verb::hold, "HOLD"},
      {"DISCARD quietly", Verb::discard, "DISCARD quietly"},
      {"FILTER smtp:[127.0.0.1]:10025", Verb::filter, "FILTER smtp:[127.0.0.1]:10025"},
      {"REDIRECT a@b.example", Verb::redirect, "REDIRECT a@b.example"},
      {"BCC a@b.example", Verb::bcc, "BCC a@b.example"},
      {"PREPEND X-A: {not a value}", Verb::prepend, "PREPEND X-A: {not a value}"},
      {"WARN {why}", Verb::warn, "WARN {why}"},
      {"INFO", Verb::info, "INFO"},
  }));
  INFO(text);
  const auto action = parse_action(text);
  REQUIRE(action.has_value());
  CHECK(action->verb == verb);
  CHECK(action->text == spelled);
}

TEST_CASE("parse_action: what Postfix would not understand is refused", "[policy]") {
  const auto [text, problem] = GENERATE(table<std::string, std::string>({
      {"", "no action"},
      {"REJET", "no action"},
      {"permit_mynetworks", "no action"},
      {"250 fine", "no action"},
      {"299 fine", "no action"},
      {"4500 x", "no action"},
      {"461 x", "no action"},
      {"DUNNO really", "nothing may stand"},
      {"OK 1", "nothing may stand"},
      {"REJECT 4.7.1 x", "another class"},
      {"450 5.7.1 x", "another class"},
      {"550 4.7.1 x", "another class"},
      {"DEFER 5.7.1 x", "another class"},
      {"FILTER", "one word"},
      {"FILTER a b", "one word"},
      {"REDIRECT", "one word"},
      {"PREPEND", "Name: value"},
      {"PREPEND no field", "Name: value"},
      {"PREPEND a b: c", "Name: value"},
      {"REJECT {nobody}", "no value of that name"},
      {"REJECT {sender", "no value of that name"},
      {"REJECT }", "no value of that name"},
      {"REJECT a\nb", "printable ASCII"},
      {"REJECT \xc3\xbc", "printable ASCII"},
      {"REJECT " + std::string(500, 'x'), "too long"},
  }));
  INFO(text);
  const auto action = parse_action(text);
  REQUIRE_FALSE(action.has_value());
  CHECK(std::string(action.error().problem).find(problem) != std::string::npos);
}

TEST_CASE("is_allowed_at: PREPEND only before the end", "[policy]") {
  const Action prepend = *parse_action("PREPEND X-A: b");
  CHECK(prepend.is_allowed_at(State::rcpt));
  CHECK_FALSE(prepend.is_allowed_at(State::end_of_message));
  CHECK(parse_action("HOLD")->is_allowed_at(State::end_of_message));
}

TEST_CASE("expand: values are filled in once, where strangers may show", "[policy]") {
  const auto value_of = [](std::string_view name) -> std::string {
    if (name == "sender") return shown("{why}\r\naction=OK \"x\"@y");
    return name == "why" ? "listed" : "";
  };
  const auto expanded = [&](const std::string& text) {
    const auto action = parse_action(text);
    REQUIRE(action.has_value());
    return expand(*action, value_of);
  };
  CHECK(expanded("REJECT {why}: {sender}.") == "REJECT listed: ?why???action?OK??x?@y.");
  CHECK(expanded("REJECT {helo_name}{why}") == "REJECT listed");
  CHECK(expanded("REJECT plain") == "REJECT plain");
  CHECK(expanded("PREPEND X-Why: {why}") == "PREPEND X-Why: {why}");
  const auto large = [](std::string_view) { return std::string(100'000, 'x'); };
  CHECK(expand(*parse_action("REJECT {why}{why}{why}{why}{why}{why}"), large).size() <=
        max_action_size);
}

TEST_CASE("format_reply: one line of printable ASCII", "[policy][security]") {
  CHECK(format_reply("DUNNO") == "action=DUNNO\n\n");
  CHECK(format_reply("") == "action=DUNNO\n\n");
  CHECK(format_reply(" \r\n") == "action=DUNNO\n\n");
  CHECK(format_reply("REJECT a\r\n\r\naction=OK\n") == "action=REJECT a    action=OK\n\n");
  CHECK(format_reply("REJECT \0\x1b\xff"s) == "action=REJECT ???\n\n");
  const std::string reply = format_reply("REJECT " + std::string(200'000, 'x'));
  CHECK(reply.size() == max_action_size + 9);
}

TEST_CASE("shown: bounded and harmless", "[policy][security]") {
  CHECK(shown("alice@example.org") == "alice@example.org");
  CHECK(shown("a b=c\"d\\e") == "a?b?c?d?e");
  CHECK(shown(std::string(1000, 'x')).size() == max_shown_size);
}

}  // namespace
}  // namespace postern::policy
