#include "lib/report/log_line.hpp"

#include "tests/support/catch.hpp"

namespace postern::report {
namespace {

using namespace std::string_view_literals;

TEST_CASE("LogLine: plain values stay plain, all others are quoted and escaped",
          "[report][security]") {
  const auto [value, written] = GENERATE(table<std::string_view, std::string_view>({
      {"pass"sv, "pass"sv},
      {"192.0.2.1"sv, "192.0.2.1"sv},
      {""sv, R"("")"sv},
      {"two words"sv, R"("two words")"sv},
      {"a=b"sv, R"("a=b")"sv},
      {"quo\"te\\"sv, R"("quo\"te\\")"sv},
      {"line\r\nevent=message action=accept"sv, R"("line\x0d\x0aevent=message action=accept")"sv},
      {"\x1b[2J\0%s\xff"sv, R"("\x1b[2J\x00%s\xff")"sv},
  }));
  CHECK(LogLine("test").add("key", value).text() == "event=test key=" + std::string(written));
}

TEST_CASE("LogLine: a long value is cut and says so", "[report]") {
  const std::string text = LogLine("test").add("key", std::string(1000, 'a')).text();
  CHECK(text == "event=test key=\"" + std::string(max_log_value_size, 'a') + "...\"");
}

}  // namespace
}  // namespace postern::report
