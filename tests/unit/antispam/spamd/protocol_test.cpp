#include "lib/antispam/spamd/protocol.hpp"

#include "tests/support/catch.hpp"

namespace postern::antispam::spamd {
namespace {

using Catch::Matchers::Contains;

Request request(std::string_view text) {
  const auto head = read_head(text, false);
  REQUIRE(head.has_value());
  REQUIRE(head->has_value());
  return (*head)->request;
}

std::string refusal(std::string_view text, bool is_whole = false) {
  const auto head = read_head(text, is_whole);
  REQUIRE_FALSE(head.has_value());
  return format_refusal(head.error());
}

TEST_CASE("a request of spamc") {
  const std::string text =
      "SYMBOLS SPAMC/1.5\r\nUser: anna\r\nContent-length: 12\r\nUnknown: x\r\n\r\nFrom: a\r\n\r\nb";
  const auto head = read_head(text, false);
  REQUIRE(head.has_value());
  REQUIRE(head->has_value());
  CHECK((*head)->request.method == Method::symbols);
  CHECK((*head)->request.version == 1.5);
  CHECK((*head)->request.user == "anna");
  CHECK((*head)->request.content_length == 12U);
  CHECK(text.substr((*head)->size) == "From: a\r\n\r\nb");
}

TEST_CASE("every beginning of a request is incomplete, not wrong") {
  const std::string_view text = "REPORT_IFSPAM SPAMC/1.2\r\nContent-length: 3\r\n\r\n";
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto head = read_head(text.substr(0, size), false);
    REQUIRE(head.has_value());
    CHECK_FALSE(head->has_value());
  }
  CHECK_THAT(refusal(text.substr(0, 30), true), Contains("closed before"));
}

TEST_CASE("old clients send no headers") {
  CHECK(request("CHECK SPAMC/1.0\r\nSubject: x\r\n").content_length == std::nullopt);
  CHECK(request("PING SPAMC/1.2\r\n").method == Method::ping);
}

TEST_CASE("telling what a message is") {
  const Request told =
      request("TELL SPAMC/1.5\r\nMessage-class: spam\r\nSet: local,remote\r\n\r\n");
  CHECK(told.message_class == MessageClass::spam);
  CHECK(told.sets_local);
  CHECK(told.sets_remote);
  CHECK_FALSE(told.removes_local);
  CHECK(request("TELL SPAMC/1.5\r\nRemove: local\r\n\r\n").removes_local);
}

TEST_CASE("what is no request is refused in spamd's words") {
  CHECK_THAT(refusal("GET / HTTP/1.0\r\n"), Contains("SPAMD/1.0 76 Bad header line: "));
  CHECK_THAT(refusal("CHECK SPAMC/x\r\n"), Contains("76"));
  CHECK_THAT(refusal("CHECK SPAMC/1.5\r\nno colon\r\n"), Contains("not in 'Name: value' format"));
  CHECK_THAT(refusal("CHECK SPAMC/1.5\r\nContent-length: 1x\r\n"), Contains("non-numeric"));
  CHECK_THAT(refusal("CHECK SPAMC/1.5\r\nUser: a\tb\r\n\r\n"), Contains("control chars"));
  CHECK_THAT(refusal("CHECK SPAMC/1.5\r\nCompress: lzma\r\n\r\n"), Contains("not supported"));
  CHECK(refusal("CHECK SPAMC/1.5\r\nCompress: zlib\r\n\r\n") ==
        "SPAMD/1.0 69 Service Unavailable: Compress requires Content-length header\r\n");
  CHECK_THAT(refusal("TELL SPAMC/1.5\r\nSet: local\r\nRemove: local\r\n\r\n"),
             Contains("same operation"));
  CHECK_THAT(refusal(std::string(max_line_size + 1, 'x')), Contains("line too long"));
  std::string many = "CHECK SPAMC/1.5\r\n";
  for (int i = 0; i < 300; ++i) {
    many += "A: b\r\n";
  }
  CHECK_THAT(refusal(many + "\r\n"), Contains("too many headers"));
}

TEST_CASE("replies by method and version are those of spamd") {
  const auto answer = [](std::string_view line, bool is_spam, std::string content) {
    return format_answer(request(std::string(line) + "\r\n\r\n"),
                         {is_spam, "7.4", "5.0", std::move(content)});
  };
  CHECK(answer("CHECK SPAMC/1.5", true, "") ==
        "SPAMD/1.1 0 EX_OK\r\nSpam: True ; 7.4 / 5.0\r\n\r\n");
  CHECK(answer("SYMBOLS SPAMC/1.5", false, "A,B") ==
        "SPAMD/1.1 0 EX_OK\r\nContent-length: 3\r\nSpam: False ; 7.4 / 5.0\r\n\r\nA,B");
  CHECK(answer("SYMBOLS SPAMC/1.2", false, "A,B") ==
        "SPAMD/1.1 0 EX_OK\r\nSpam: False ; 7.4 / 5.0\r\n\r\nA,B\r\n");
  CHECK(answer("REPORT_IFSPAM SPAMC/1.5", true, "R") ==
        "SPAMD/1.1 0 EX_OK\r\nContent-length: 1\r\nSpam: Yes ; 7.4 / 5.0\r\n\r\nR");
  CHECK(answer("PROCESS SPAMC/1.2", true, "M") ==
        "SPAMD/1.1 0 EX_OK\r\nContent-length: 1\r\n\r\nM");
  CHECK(answer("PROCESS SPAMC/1.1", true, "M") == "SPAMD/1.0 0 EX_OK\r\nM");
  CHECK(answer("HEADERS SPAMC/1.5", true, "M") ==
        "SPAMD/1.1 0 EX_OK\r\nContent-length: 1\r\nSpam: True ; 7.4 / 5.0\r\n\r\nM");
  CHECK(format_told(true, false) == "SPAMD/1.1 0 EX_OK\r\nDidSet: local\r\n\r\n\r\n");
  CHECK(format_pong() == "SPAMD/1.5 0 PONG\r\n");
}

TEST_CASE("the header section ends with the first empty line") {
  CHECK(header_section("A: b\r\n\r\nbody\n\n") == "A: b\r\n\r\n");
  CHECK(header_section("A: b\n\nbody") == "A: b\n\n");
  CHECK(header_section("A: b") == "A: b");
}

}  // namespace
}  // namespace postern::antispam::spamd
