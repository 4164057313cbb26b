// Messages and key zones for tests of DKIM and ARC, and one call that verifies.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/dkim/crypto.hpp"
#include "lib/dkim/verifier.hpp"
#include "lib/dns/answers.hpp"
#include "lib/mail/header_section.hpp"
#include "tests/support/suite_file.hpp"

namespace postern::test {

/// A message that a test builds or changes.
struct Message {
  std::vector<std::string> fields;  ///< "Name: body" with CRLF folding, without the final CRLF.
  std::string body;                 ///< With CRLF.

  /// Views into `fields`: valid while they stay as they are.
  [[nodiscard]] mail::HeaderSection header() const;
};

/// Splits a message text with CRLF line ends at the first empty line.
[[nodiscard]] Message parse_message(std::string_view text);

/// LF becomes CRLF; CRLF stays.
[[nodiscard]] std::string with_crlf(std::string_view text);

/// Every name not listed is nxdomain.
using KeyZone = std::map<std::string, dns::Answer>;

[[nodiscard]] dns::Answer text_answer(std::vector<std::string> texts);

/// All answers to the questions, nxdomain where the zone has none.
void answer(const KeyZone& zone, const dns::Questions& questions, dns::Answers& answers);

/// A time at which the tests' signatures are valid (November 2026).
inline constexpr std::int64_t test_now = 1'795'000'000;

/// ASCII names only.
[[nodiscard]] std::optional<std::string> ascii_domain(std::string_view domain);

[[nodiscard]] std::vector<dkim::Outcome> verify(const Message& message, const KeyZone& zone,
                                                const dkim::Crypto& crypto,
                                                std::int64_t now = test_now,
                                                const dkim::Limits& limits = {});

}  // namespace postern::test
