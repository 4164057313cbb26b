// Reading X-Postern-Verdict: only from above the first Received field that is no delivery, in one
// line, and each value once.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/support.hpp"
#include "lib/mail/message.hpp"
#include "lib/report/verdict_field.hpp"

namespace {

using namespace postern;
using fuzz::require;

void check(std::string_view bytes) {
  std::size_t statements =
      1 + static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), ';'));
  for (const std::string_view aspect : report::aspects) {
    const auto values = report::values_of(bytes, aspect);
    require(values.size() <= statements);
    statements -= values.size();
    for (const std::string& value : values) require(value.size() <= bytes.size());
  }
  // A stranger's message, which our MTA has put its Received field on, has no verdict of ours.
  const std::string received =
      "Received: from a (a [192.0.2.1]) by mx.example.org with ESMTP id 1\r\n" + std::string(bytes);
  require(!report::own_verdict(received));
  const auto verdict = report::own_verdict("X-Postern-Verdict: action=tag\r\n" + received);
  require(verdict == "action=tag");
  const auto any = report::own_verdict(bytes);
  if (any) require(any->find_first_of("\r\n") == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::string_view words[] = {"X-Postern-Verdict:",
                                        " action",
                                        "=",
                                        ";",
                                        "\"",
                                        " symbol=A",
                                        "score=-1",
                                        "\r\n",
                                        "\n\t",
                                        "Received: from a by b with LMTP",
                                        "Received: from a by b with ESMTP",
                                        "spf=pass",
                                        "\r\n\r\n"};
  const std::string_view input = fuzz::text_of(data, size);
  check(input);
  check(fuzz::in_words(input, words));
  return 0;
}
