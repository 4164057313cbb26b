// A key's record in the forms in which people put records into DNS.
#pragma once

#include <string>
#include <string_view>

#include "lib/keyring/key.hpp"

namespace postern::keyring {

inline constexpr int record_ttl = 3600;  ///< Seconds, in zone files.

/// One line, as a name server takes it: every character-string in quotes.
[[nodiscard]] std::string record_line(const Key& key);

/// For a zone file: character-strings of at most 255 octets in parentheses (RFC 1035 §5.1).
[[nodiscard]] std::string record_for_zone(const Key& key);

/// For the form of a DNS provider: host, type, and value, one on a line, with what goes wrong
/// there.
[[nodiscard]] std::string record_for_provider(const Key& key);

}  // namespace postern::keyring
