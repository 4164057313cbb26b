// Whatever a database or clamd says comes to a printable name, and never to clean.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/support.hpp"
#include "lib/antivirus/classify.hpp"

namespace {

using namespace postern;
using antivirus::Result;
using fuzz::require;

void check(const antivirus::Outcome& outcome) {
  require(outcome.result != Result::clean && outcome.result != Result::skipped);
  require(!outcome.name.empty() && outcome.name.size() <= antivirus::max_name_size);
  require(fuzz::is_printable(outcome.name));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string_view words[] = {"Heuristics.",
                                           "Limits.Exceeded",
                                           "Encrypted.",
                                           "OLE2.ContainsMacros",
                                           ".UNOFFICIAL",
                                           "Can't create",
                                           "No space",
                                           "\n",
                                           "x"};
  const std::string_view input = fuzz::text_of(data, size);
  check(antivirus::classify_match(input));
  check(antivirus::classify_error(input));
  require(antivirus::classify_error(input).result != Result::infected);
  const auto text = fuzz::in_words(input, words);
  check(antivirus::classify_match(text));
  check(antivirus::classify_error(text));
  return 0;
}
