// Reads the answer out of a DNS message (RFC 1035 §4), and writes names the way libunbound takes
// them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "lib/dns/answers.hpp"

namespace postern::io {

inline constexpr std::size_t max_records = 100;  ///< Kept of one answer; the rest is dropped.

struct DecodedAnswer {
  dns::Answer answer;
  std::uint32_t ttl = 0;  ///< The least of the records used, or of the SOA (RFC 2308 §5); seconds.
};

/// The records of `question`, behind any CNAME records of the same message. Records of other names
/// are not looked at. Names that parse_name does not take are dropped; anything malformed makes
/// the whole message a servfail. Security is left indeterminate.
///
/// \param packet  From any DNS server.
[[nodiscard]] DecodedAnswer decode_answer(std::span<const std::uint8_t> packet,
                                          const dns::Question& question);

/// A name as text in which every octet other than letter, digit, hyphen, underscore, and dot is
/// written \DDD (RFC 1035 §5.1): safe in a log line, too.
[[nodiscard]] std::string escaped_name(std::string_view name);

/// The number of a type in a DNS message.
[[nodiscard]] std::uint16_t type_code(dns::Type type);

}  // namespace postern::io
