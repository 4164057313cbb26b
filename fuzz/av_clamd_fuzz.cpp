// Replies of clamd: a name is printable and bounded, and only what says OK is clean.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/support.hpp"
#include "lib/antivirus/clamd.hpp"
#include "lib/antivirus/settings.hpp"

namespace {

using namespace postern;
using fuzz::require;

void check(std::string_view reply) {
  const antivirus::Outcome outcome = antivirus::parse_clamd_reply(reply);
  require(outcome.name.size() <= antivirus::max_name_size && fuzz::is_printable(outcome.name));
  const bool says_ok = reply.substr(0, reply.find('\0')).find(": OK") != reply.npos;
  require(outcome.result != antivirus::Result::clean || says_ok);
  require(outcome.result == antivirus::Result::clean || !outcome.name.empty());
  if (const auto address = antivirus::parse_scanner_address(std::string(reply))) {
    require(address->path.empty() == (address->port != 0));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::text_of(data, size);
  constexpr std::string_view words[] = {
      "stream", ": ",        "OK",    " FOUND", " ERROR",
      "\n",     "fd[10]",    "Eicar", "clamd:", "avscan:",
      "/",      "127.0.0.1", "[::1]", ":3310",  "Heuristics.Encrypted.",
      "x"};
  check(input);
  check(fuzz::in_words(input, words));
  return 0;
}
