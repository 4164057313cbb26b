#include "lib/policy/notice_message.hpp"

#include "lib/policy/daemon_settings.hpp"
#include "tests/support/catch.hpp"

namespace postern::policy {
namespace {

const std::chrono::sys_time<std::chrono::milliseconds> some_day{
    std::chrono::milliseconds(1795385717000)};  // 2026-11-22 22:15:17 UTC

TEST_CASE("notice_message: a message that no mail system answers", "[policy]") {
  const std::string message = notice_message(
      {"postmaster@mx.example.org", "ann@example.org", "Held", "one\ntwo\n", "mx.example.org"},
      some_day);
  CHECK(message.find("\r\nDate: Sun, 22 Nov 2026 22:15:17 +0000\r\n") != message.npos);
  CHECK(message.find("\r\nAuto-Submitted: auto-generated\r\n") != message.npos);
  CHECK(message.ends_with("\r\n\r\none\r\ntwo\r\n"));
}

TEST_CASE("notice_message: peer text begins no field of its own", "[policy][security]") {
  const std::string evil = "a\r\nBcc: b@example.net\r\n\r\nx\xff";
  const std::string message = notice_message({evil, evil, evil, "text\n", evil}, some_day);
  CHECK(message.find("\nBcc:") == message.npos);
  CHECK(message.find('\xff') == message.npos);
  CHECK(message.find("\r\n\r\n") == message.rfind("\r\n\r\n"));
}

TEST_CASE("parse_notice_server: addresses with a port, and nothing else", "[policy][config]") {
  CHECK(parse_notice_server("127.0.0.1:25")->port == 25);
  CHECK(parse_notice_server("[::1]:2525")->address == parse_ip_address("::1").value());
  for (const char* text : {"", "127.0.0.1", "localhost:25", "127.0.0.1:0", "127.0.0.1:65536",
                           "127.0.0.1:25x", ":25"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_notice_server(text));
  }
}

}  // namespace
}  // namespace postern::policy
