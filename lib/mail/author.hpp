// Who wrote this message: the one place that reads From (RFC 5322 §3.6.2), for DMARC and reports.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/mail/header_section.hpp"

namespace postern::mail {

/// U-label domain to A-labels in the form of dns::parse_domain, or nothing if it is no domain.
using ToAsciiDomain = std::optional<std::string> (*)(std::string_view);

/// The author domains of a message, and what is wrong with its From.
struct Authors {
  std::vector<std::string>
      domains;          ///< A-labels in the form of dns::parse_domain, each once, in order.
  std::string problem;  ///< Empty when From is exactly one field of nothing but readable mailboxes
                        ///< (of several domains all must pass); else ours, for people: "no From
                        ///< field", "2 From fields", ….
};

/// Reads every From field. Never Sender or Resent-From; encoded-words are not decoded before the
/// address is found; a source route is dropped; groups have no author. If one address cannot be
/// read, or holds NUL, control, or unreadable 8-bit octets, the problem says so. Bounded by
/// max_author_mailboxes.
[[nodiscard]] Authors find_authors(const HeaderSection& header, ToAsciiDomain to_ascii);

inline constexpr unsigned max_author_mailboxes = 100;

}  // namespace postern::mail
