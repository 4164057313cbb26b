#include "lib/socketmap/message.hpp"

#include "lib/socketmap/netstring.hpp"
#include "tests/support/catch.hpp"

namespace postern::socketmap {
namespace {

TEST_CASE("parse_request: map and key", "[socketmap]") {
  CHECK(parse_request("postern-sts example.org").value() == Request{"postern-sts", "example.org"});
  CHECK(parse_request("m a key with blanks").value() == Request{"m", "a key with blanks"});
  CHECK(parse_request("m ").value() == Request{"m", ""});
  CHECK(parse_request("m  x").value() == Request{"m", " x"});
}

TEST_CASE("parse_request: what is none", "[socketmap]") {
  const auto content =
      GENERATE(as<std::string>{}, "", "map", " key", "a\nb key", "\xc3\xa4 key",
               std::string(max_map_name_size + 1, 'a') + " key", "m " + std::string(5000, 'a'));
  const auto request = parse_request(content);
  REQUIRE_FALSE(request);
  CHECK(request.error().offset <= content.size());
}

TEST_CASE("format: the words of the protocol", "[socketmap]") {
  using Status = Reply::Status;
  const auto [reply, text] = GENERATE(table<Reply, std::string>({
      {{Status::ok, "secure match=a"}, "OK secure match=a"},
      {{Status::not_found, "ignored"}, "NOTFOUND "},
      {{Status::temp, "no store"}, "TEMP no store"},
      {{Status::timeout, ""}, "TIMEOUT "},
      {{Status::perm, "no such map"}, "PERM no such map"},
      {{Status::temp, "a\r\nb\x7f"}, "TEMP a??b?"},
      {{Status::ok, "a\nb"}, "OK a?b"},
  }));
  CHECK(format(reply) == text);
}

TEST_CASE("format: fits into what Postfix reads", "[socketmap][security]") {
  const std::string longest(max_netstring_size - 3, 'a');
  CHECK(format({Reply::Status::ok, longest}) == "OK " + longest);
  CHECK(format({Reply::Status::ok, longest + "a"}) == "PERM value is too long");
  CHECK(format({Reply::Status::temp, longest}).size() == 5 + max_reason_size);
}

}  // namespace
}  // namespace postern::socketmap
