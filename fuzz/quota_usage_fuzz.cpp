// Usages of mailboxes: read back as written, one printable line, sums within their bounds.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/support.hpp"
#include "lib/quota/published.hpp"
#include "lib/quota/usage.hpp"

namespace {

using namespace postern;
using fuzz::require;

void check_line(const std::string& line) {
  const auto usage = quota::parse_usage(line);
  if (!usage) {
    require(!usage.error().problem.empty() && usage.error().offset <= line.size());
    return;
  }
  require(quota::is_usage(line));
  require(!usage->user.empty() && usage->user.size() <= quota::max_user_size);
  const std::string formatted = quota::format(*usage);
  require(fuzz::is_printable(formatted) && formatted.size() <= quota::max_usage_size);
  require(quota::parse_usage(formatted) == *usage);
  require(fuzz::is_printable(quota::describe(*usage)));
  require(quota::percent(*usage) >= 0);
  // What does not fit when it is small does not fit when it is large.
  require(!quota::is_full(*usage, 0) || quota::is_full(*usage, quota::max_amount));
  const store::Operation lookup = quota::usage_lookup(usage->user);
  const std::string& key = std::get<store::Get>(lookup).key;
  require(key.size() < store::max_key_size + 1 && fuzz::is_printable(key));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(fuzz::text_of(data, size));
  constexpr std::string_view words[] = {" ",
                                        "user=",
                                        "alice",
                                        "%41",
                                        "%",
                                        "time=",
                                        "1732",
                                        "storage=",
                                        "/",
                                        "0",
                                        "1024",
                                        "messages=",
                                        "grace=",
                                        "host=",
                                        "mx.a",
                                        "x=",
                                        "\n",
                                        "quota1",
                                        "=",
                                        "@",
                                        "\xC3",
                                        "-",
                                        "99999999999999999999",
                                        "1152921504606846976"};
  check_line(input);
  check_line("quota1 user=a time=1 " + fuzz::in_words(input, words));
  check_line("quota1 " + fuzz::in_words(input, words));
  return 0;
}
