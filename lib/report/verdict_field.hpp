// Reading what the milter wrote, in the mailbox: which fields are ours, and what X-Postern-Verdict
// says.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/mail/header_section.hpp"

namespace postern::report {

/// The fields between two positions, of which the last is not among them, are by our milter and
/// MTA; the latter's Received field follows them.
struct OwnFields {
  std::size_t begin = 0;
  std::size_t received = 0;
};

/// The milter puts its fields above the Received field of our MTA, and takes those away that came
/// with the message. So what stands above it is ours, and nothing below; further up only a delivery
/// by LMTP may have written a Received field.
/// \return Nothing when no X-Postern-Verdict stands there: the message did not pass our milter, or
///         has been on its way again since.
[[nodiscard]] std::optional<OwnFields> own_fields(std::span<const mail::HeaderField> fields);

/// The body of our X-Postern-Verdict, unfolded.
/// \param message  From its beginning; at least its header.
[[nodiscard]] std::optional<std::string> own_verdict(std::string_view message);

/// What X-Postern-Verdict tells for the rules of users. Each is a name and a value of that field.
inline constexpr std::array<std::string_view, 10> aspects = {
    "action", "score", "spam", "virus", "attachments", "spf", "dkim", "dmarc", "arc", "symbol"};
[[nodiscard]] bool is_aspect(std::string_view name);

/// The values of one name, in their order, without quotes. A score below 0 is "0": comparators of
/// Sieve know no negative numbers (RFC 4790 §9.1).
/// \param verdict  From own_verdict().
[[nodiscard]] std::vector<std::string> values_of(std::string_view verdict, std::string_view aspect);

}  // namespace postern::report
