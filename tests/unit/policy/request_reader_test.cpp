// Requests of Postfix and of clients that mean harm, in whatever pieces they come.
#include "lib/policy/request_reader.hpp"

#include <utility>
#include <vector>

#include "tests/support/catch.hpp"

namespace postern::policy {
namespace {

using namespace std::string_literals;

const std::string ordinary =
    "request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\n"
    "client_address=192.0.2.25\nclient_name=mx.example.org\nclient_port=1234\n"
    "reverse_client_name=mx.example.org\nserver_address=203.0.113.1\nserver_port=25\n"
    "helo_name=mx.example.org\nsender=alice@example.org\nrecipient=bob@example.net\n"
    "recipient_count=0\nqueue_id=\ninstance=abc.123.0\nsize=4321\netrn_domain=\nstress=\n"
    "sasl_method=plain\nsasl_username=alice\nsasl_sender=\nccert_subject=\nccert_issuer=\n"
    "ccert_fingerprint=AA:BB\nccert_pubkey_fingerprint=\nencryption_protocol=TLSv1.3\n"
    "encryption_cipher=x\nencryption_keysize=256\npolicy_context=submission\n\n";

// All that is there once these octets have come, fed as the daemon reads them.
std::vector<Parsed<Request>> read(RequestReader& reader, std::string_view bytes,
                                  std::size_t piece = 65536) {
  std::vector<Parsed<Request>> requests;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    reader.feed(bytes.substr(at, piece));
    while (auto request = reader.next()) requests.push_back(std::move(*request));
  }
  return requests;
}

Request read_one(const std::string& attributes) {
  RequestReader reader;
  const auto requests = read(reader, "request=smtpd_access_policy\n" + attributes + "\n");
  REQUIRE(requests.size() == 1);
  REQUIRE(requests[0].has_value());
  return *requests[0];
}

TEST_CASE("next: an ordinary request", "[policy]") {
  RequestReader reader;
  const auto requests = read(reader, ordinary);
  REQUIRE(requests.size() == 1);
  REQUIRE(requests[0].has_value());
  Request expected;
  expected.state = State::rcpt;
  expected.client_address = *parse_ip_address("192.0.2.25");
  expected.client_name = expected.reverse_client_name = expected.helo_name = "mx.example.org";
  expected.rfc5321_mail_from = "alice@example.org";
  expected.recipient = "bob@example.net";
  expected.size = 4321;
  expected.instance = "abc.123.0";
  expected.sasl_method = "plain";
  expected.sasl_username = "alice";
  expected.server_address = "203.0.113.1";
  expected.server_port = "25";
  expected.ccert_fingerprint = "AA:BB";
  expected.encryption_protocol = "TLSv1.3";
  expected.policy_context = "submission";
  CHECK(*requests[0] == expected);
  CHECK_FALSE(reader.is_within_request());
}

TEST_CASE("feed: the pieces do not matter, and requests may be pipelined", "[policy]") {
  std::string many;
  for (int i = 0; i < 500; ++i) many += ordinary;
  const std::size_t piece = GENERATE(1, 2, 7, 1000, 65536);
  RequestReader reader;
  const auto requests = read(reader, many, piece);
  CHECK(requests.size() == 500);
  for (const auto& request : requests) {
    REQUIRE(request.has_value());
    CHECK(request->sasl_username == "alice");
  }
  CHECK_FALSE(reader.is_broken());
}

TEST_CASE("feed: all states of Postfix, and none", "[policy]") {
  for (const char* word :
       {"CONNECT", "EHLO", "HELO", "MAIL", "RCPT", "DATA", "END-OF-MESSAGE", "VRFY", "ETRN"}) {
    const Request request = read_one("protocol_state="s + word + "\n");
    CHECK(request.state != State::unknown);
    CHECK(to_word(request.state) == word);
  }
  CHECK(read_one("protocol_state=rcpt\n").state == State::unknown);
  CHECK(read_one("").state == State::unknown);
}

TEST_CASE("feed: odd lines change nothing else", "[policy]") {
  const auto [lines, sender] = GENERATE(table<std::string, std::string>({
      {"sender=a@b\r\n", "a@b"},
      {"sender=a\rb@c\n", "a b@c"},
      {"sender=first@b\nsender=second@b\n", "first@b"},
      {"sender=\nsender=second@b\n", ""},
      {"nonsense\nsender=a@b\n", "a@b"},
      {"=x\nsender=a@b\n", "a@b"},
      {"SENDER=x\nsender=a@b\n", "a@b"},
      {"sender=a=b=c@d\n", "a=b=c@d"},
      {"sender=a b \"action=OK\" @c\n", "a b \"action=OK\" @c"},
      {"sender=\xc3\xbc@\xff\n", "\xc3\xbc@\xff"},
      {"sender=x\0y@z\nsender=a@b\n"s, "a@b"},
      {"future_attribute=1\nsender=a@b\n", "a@b"},
  }));
  INFO(lines);
  CHECK(read_one(lines).rfc5321_mail_from == sender);
}

TEST_CASE("feed: numbers saturate, and what is none is 0", "[policy]") {
  CHECK(read_one("size=100000000000000000000000\n").size == 18446744073709551615U);
  CHECK(read_one("size=18446744073709551615\n").size == 18446744073709551615U);
  CHECK(read_one("size=18446744073709551616\n").size == 18446744073709551615U);
  CHECK(read_one("recipient_count=-1\n").recipient_count == 0);
  CHECK(read_one("recipient_count=1x\n").recipient_count == 0);
  CHECK(read_one("recipient_count=\n").recipient_count == 0);
  CHECK(read_one("recipient_count=50\n").recipient_count == 50);
}

TEST_CASE("feed: addresses and names", "[policy]") {
  CHECK_FALSE(read_one("client_address=unknown\n").client_address.has_value());
  CHECK_FALSE(read_one("client_address=300.1.1.1\n").client_address.has_value());
  CHECK(read_one("client_address=::ffff:192.0.2.1\n").client_address->text() == "192.0.2.1");
  CHECK(read_one("client_address=2001:db8::1\n").client_address->text() == "2001:db8::1");
  CHECK(read_one("client_name=unknown\n").client_name.empty());
  CHECK(read_one("client_name=unknown.example\n").client_name == "unknown.example");
}

TEST_CASE("feed: a request of another type is an error, and the next one is read", "[policy]") {
  RequestReader reader;
  const auto requests = read(reader, "request=junk\nsender=a@b\n\n\nsender=a@b\n\n" + ordinary);
  REQUIRE(requests.size() == 4);
  REQUIRE_FALSE(requests[0].has_value());
  CHECK(requests[0].error().problem == "unknown request type");
  CHECK_FALSE(requests[1].has_value());
  REQUIRE_FALSE(requests[2].has_value());
  CHECK(requests[2].error().problem == "request without the attribute \"request\"");
  REQUIRE(requests[3].has_value());
  CHECK(requests[3]->rfc5321_mail_from == "alice@example.org");
}

TEST_CASE("feed: a request that is too large breaks the connection", "[policy][security]") {
  const std::string start = "request=smtpd_access_policy\n";
  SECTION("one long value") {
    RequestReader reader;
    CHECK(read(reader, start + "sender=" + std::string(5'000'000, 'x') + "\n\n").empty());
    CHECK(reader.is_broken());
    CHECK(reader.problem() == "request is too large");
    CHECK(read(reader, ordinary).empty());
  }
  SECTION("no line end, in pieces") {
    RequestReader reader;
    for (int i = 0; i < 20'000; ++i) CHECK(read(reader, std::string(1000, 'x')).empty());
    CHECK(reader.is_broken());
  }
  SECTION("many attributes") {
    RequestReader reader;
    std::string many = start;
    for (int i = 0; i < 513; ++i) many += "a=\n";
    CHECK(read(reader, many + "\n").empty());
    CHECK(reader.problem() == "request has too many attributes");
  }
  SECTION("just small enough") {
    RequestReader reader;
    const std::string value(65536 - start.size() - 7 - 1 - 1, 'x');
    CHECK(read(reader, start + "sender=" + value + "\n\n").size() == 1);
    CHECK_FALSE(reader.is_broken());
    CHECK(read(reader, start + "sender=" + value + "x\n\n").empty());
    CHECK(reader.is_broken());
  }
}

TEST_CASE("feed: octets that wait are bounded, and requests are made when they are taken",
          "[policy][security]") {
  const std::string line_ends(65536, '\n');
  RequestReader reader;
  for (int round = 0; round < 3; ++round) {
    reader.feed(line_ends);
    CHECK(reader.unread() == line_ends.size());
    for (std::size_t i = 0; i < line_ends.size(); ++i) REQUIRE_FALSE(reader.next()->has_value());
    CHECK_FALSE(reader.next().has_value());
    CHECK(reader.unread() == 0);
  }
  reader.feed(line_ends);
  reader.feed(line_ends);
  CHECK_FALSE(reader.is_broken());
  reader.feed("\n");
  CHECK(reader.problem() == "more was sent than is read");
  CHECK(reader.unread() == 0);
  CHECK_FALSE(reader.next().has_value());
}

TEST_CASE("next: half a request is known as such", "[policy]") {
  RequestReader reader;
  CHECK_FALSE(reader.is_within_request());
  CHECK(read(reader, "request=smtpd").empty());
  CHECK(reader.is_within_request());
}

}  // namespace
}  // namespace postern::policy
