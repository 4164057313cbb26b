// Writing of key records: what the owner of a key puts into DNS (RFC 6376 §3.6.1, RFC 8463 §4).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/dkim/crypto.hpp"

namespace postern::dkim {

/// Octets of one character-string of a TXT record (RFC 1035 §3.3.14).
inline constexpr std::size_t max_character_string_size = 255;

/// The text of the TXT record that publishes a key, such as "v=DKIM1; k=rsa; p=MIIB...": an RSA key
/// as SubjectPublicKeyInfo, an Ed25519 key as its 32 octets, either in base64. k= is always there,
/// and no other tag, so that the same key gives the same text. parse_key_record reads it back.
[[nodiscard]] std::string format_key_record(const PublicKey& key);

/// Cuts the text of a record into the character-strings that a TXT record holds; joined they are
/// the text again. Empty text gives one empty string, since a TXT record has at least one.
[[nodiscard]] std::vector<std::string> split_character_strings(std::string_view text);

}  // namespace postern::dkim
