// Any bytes may lie in the doctor's state file: what is read of them is written and read again as
// the same, and a run that finds the same tells of no change.
#include <cstdint>

#include "fuzz/support.hpp"
#include "lib/doctor/changes.hpp"

using namespace postern;
using fuzz::require;

namespace {

constexpr std::string_view words[] = {
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "\"version\"",
    "\"findings\"",
    "\"name\"",
    "\"text\"",
    "\"subject\"",
    "\"severity\"",
    "1",
    "\"ok\"",
    "\"error\"",
    "\"info\"",
    "\"a\"",
    " ",
    "null",
    "{\"version\":1,\"findings\":[",
    "{\"name\":\"a\",\"subject\":\"b\",\"severity\":\"warning\",\"text\":\"c\"}",
    "{\"name\":\"a\",\"subject\":\"b\",\"severity\":\"ok\",\"text\":\"\"}",
    "]}"};

void check(std::string_view text) {
  const auto findings = doctor::parse_state(text);
  if (!findings) {
    require(!findings.error().empty());
    return;
  }
  require(text.size() <= doctor::max_state_size);
  const std::string written = doctor::format_state(*findings);
  const auto again = doctor::parse_state(written);
  require(again.has_value() && *again == *findings);
  require(doctor::changes(*findings, *findings, {}).empty());
  require(doctor::kept(*findings, *findings, {}) == *findings);
  // Without any finding left, exactly those that were a complaint are told as gone.
  for (const doctor::Finding& gone : doctor::changes(*findings, {}, {})) {
    require(gone.severity == doctor::Severity::ok && gone.text.starts_with("no more: "));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  check(text);
  check(fuzz::in_words(text, words));
  return 0;
}
