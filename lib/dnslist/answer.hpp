// What one answer of a DNS list means (RFC 5782 §2.1).
#pragma once

#include <string>

#include "lib/dns/answers.hpp"
#include "lib/dnslist/list.hpp"

namespace postern::dnslist {

struct Reading {
  bool listed = false;
  std::string code;      ///< When listed: the first address that counts.
  std::string problem;   ///< Why the list could not say; then it is not listed.
  bool refused = false;  ///< The problem is that the list refuses us, which waiting does not mend.

  bool operator==(const Reading&) const = default;
};

/// \param answer  To the A question.
[[nodiscard]] Reading read_answer(const List& list, const dns::Answer& answer);

}  // namespace postern::dnslist
