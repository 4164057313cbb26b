// The states of logins and the texts people get.
#include "lib/ratelimit/brake_state.hpp"

#include "lib/ratelimit/brake_notice.hpp"
#include "tests/support/catch.hpp"

namespace postern::ratelimit {
namespace {

using Kind = BrakeState::Kind;

store::Time at(std::int64_t ms) {
  return store::Time(std::chrono::milliseconds(ms));
}

TEST_CASE("parse_brake_state: undoes format", "[ratelimit]") {
  for (const BrakeState& state :
       {BrakeState{Kind::held, at(1700000000000), "alice@example.org", "50 new recipients"},
        BrakeState{Kind::denied, at(0), "", ""}}) {
    CHECK(parse_brake_state(format(state)) == state);
  }
  const BrakeState hostile{Kind::held, at(1), "a\tb\nc", "x\ty\r\n"};
  CHECK(format(hostile).find_first_of("\r\n") == std::string::npos);
  CHECK(parse_brake_state(format(hostile))->login == "a?b?c");
}

TEST_CASE("parse_brake_state: takes nothing else", "[ratelimit]") {
  for (const char* text : {"", "held", "held\t1\tx", "free\t1\tx\ty", "held\tx\ta\tb",
                           "held\t1x\ta\tb", "HELD\t1\ta\tb"}) {
    INFO(text);
    CHECK_FALSE(parse_brake_state(text).has_value());
  }
}

TEST_CASE("brake_key: logins without regard to case, and without bounds", "[ratelimit]") {
  CHECK(brake_key("Alice") == "b/s/alice");
  CHECK(brake_key(std::string(60000, 'a')).size() <= store::max_key_size);
  CHECK(met_key("a", "B@c") == met_key("A", "b@C"));
  CHECK(met_key("a", "b") != met_key("a", "c"));
  CHECK(met_key("a", "secret@example.org").find("secret") == std::string::npos);
}

TEST_CASE("make_notice: names the owner, and no text of a peer breaks it", "[ratelimit]") {
  const auto owner = [](const std::string& login, const std::string& sender) {
    return make_notice({Kind::held, at(0), login, "why"}, sender).owner;
  };
  CHECK(owner("alice@example.org", "") == "alice@example.org");
  CHECK(owner("alice", "alice@example.org") == "alice@example.org");
  CHECK(owner("alice", "") == "");
  CHECK(owner("", "") == "");
  CHECK(owner("alice", "\"a b\"@example.org") == "");
  CHECK(owner("-oX@example.org", "") == "");
  CHECK(owner("a@b@c", "") == "");
  const Notice notice =
      make_notice({Kind::held, at(0), "a'b\r\nBcc: x@y", "50 new\nrecipients"}, "");
  CHECK(notice.subject == "Mail of a'b??Bcc: x@y is on hold");
  CHECK(notice.postmaster_text.find("postern brake release 'a'\\''b??Bcc: x@y'\n") !=
        std::string::npos);
  CHECK(notice.postmaster_text.find("50 new?recipients") != std::string::npos);
}

}  // namespace
}  // namespace postern::ratelimit
