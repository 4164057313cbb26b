// What a scanner's client, supervisor, and engine tell each other: what is accepted is written
// again with the same meaning, and names are printable.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/support.hpp"
#include "lib/antivirus/engine_protocol.hpp"
#include "lib/antivirus/scan_protocol.hpp"

namespace {

using namespace postern;
using fuzz::require;

template <typename Parse>
void check_again(std::string_view text, Parse parse) {
  const auto packet = parse(text);
  if (!packet) return;
  const std::string written = format(*packet);
  require(fuzz::is_printable(written));
  const auto again = parse(written);
  require(again && format(*again) == written);
}

void check(std::string_view text) {
  check_again(text, antivirus::parse_scan_request);
  check_again(text, antivirus::parse_scan_answer);
  check_again(text, antivirus::parse_to_engine);
  check_again(text, antivirus::parse_from_engine);
  const auto answer = antivirus::parse_scan_answer(text);
  if (!answer) return;
  require(!answer->outcomes.empty() && answer->outcomes.size() <= antivirus::max_objects);
  for (const antivirus::Outcome& outcome : answer->outcomes) {
    require(outcome.name.size() <= antivirus::max_name_size && fuzz::is_printable(outcome.name));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::text_of(data, size);
  static const std::string digest =
      ":0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  static const std::string_view words[] = {" ",
                                           "scan1",
                                           "scanned1",
                                           "objects=",
                                           "outcomes=",
                                           "generation=",
                                           "message:1",
                                           "attachment",
                                           ":",
                                           ",",
                                           "skip",
                                           digest,
                                           "infected",
                                           "clean",
                                           "%2c",
                                           "load1",
                                           "fork1",
                                           "kill1",
                                           "pid=",
                                           "7",
                                           "ready1",
                                           "signatures=",
                                           "failed1",
                                           "why=",
                                           "ended1",
                                           "signal=",
                                           "forbidden1",
                                           "call=",
                                           "database=/x",
                                           "temporary_directory=/y",
                                           "x"};
  check(input);
  check(fuzz::in_words(input, words));
  return 0;
}
