// Senders that change from one attempt to the next, and recipients.
#include "lib/greylist/sender.hpp"

#include "tests/support/catch.hpp"

namespace postern::greylist {
namespace {

TEST_CASE("normalized_sender: what one message after the other changes is taken away",
          "[greylist]") {
  const auto [sender, expected] = GENERATE(table<std::string, std::string>({
      {"", "<>"},
      {"Alice@Example.ORG", "alice@example.org"},
      {"postmaster", "postmaster"},
      // BATV
      {"prvs=0123abcdef=alice@example.org", "alice@example.org"},
      {"prvs=9876fedcba=alice@example.org", "alice@example.org"},
      {"btv1==0123abc==alice@example.org", "alice@example.org"},
      {"prvs=only@example.org", "prvs=only@example.org"},
      // SRS
      {"SRS0=HHHH=TT=example.org=alice@forwarder.example", "example.org=alice@forwarder.example"},
      {"SRS0+abcd=7q=example.org=alice@forwarder.example", "example.org=alice@forwarder.example"},
      {"SRS1=HHHH=first.example==GGGG=TT=example.org=alice@second.example",
       "example.org=alice@second.example"},
      {"SRS0=@x.example", "#=@x.example"},
      {"srs1=a=b@x.example", "#=a=b@x.example"},
      // VERP and extensions
      {"list-bounces+bob=example.net@lists.example", "list-bounces@lists.example"},
      {"list-bounces-bob=example.net@lists.example", "list-bounces@lists.example"},
      {"alice+shop@example.org", "alice@example.org"},
      {"+x@example.org", "+x@example.org"},
      // Numbers
      {"bounce-1234-5678@news.example", "bounce-#-#@news.example"},
      {"0100018f2a-aa00-000000@amazonses.example", "#-#-#@amazonses.example"},
      {"m.a1.b@example.org", "m.#.b@example.org"},
  }));
  CHECK(normalized_sender(sender) == expected);
}

TEST_CASE("normalized_sender: two attempts of a mailing make one sender", "[greylist]") {
  CHECK(normalized_sender("bounces-77-bob=a.example@m.example") ==
        normalized_sender("bounces-78-eve=b.example@m.example"));
  CHECK(normalized_sender("a@m.example") != normalized_sender("b@m.example"));
}

TEST_CASE("normalized_sender: hostile sizes stay bounded", "[greylist]") {
  const std::string long_local(60000, '=');
  CHECK(normalized_sender(long_local + "@x.example").size() <= 64 + 10);
  CHECK(normalized_sender("prvs=" + std::string(60000, '1')).size() <= 64);
  CHECK(normalized_recipient("Bob@Example.NET") == "bob@example.net");
}

}  // namespace
}  // namespace postern::greylist
