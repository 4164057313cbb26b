// What a password may be, and passwords made of random octets.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace postern::accounts {

/// Characters. NIST SP 800-63B-4 §3.1.1.2 asks for 15 where nothing but the password is asked for,
/// as in IMAP and SMTP, and for no rules about kinds of characters.
inline constexpr std::size_t min_password_size = 15;
inline constexpr std::size_t max_password_size = 256;  ///< Octets; crypt(3) takes no more than 511.

/// Why a password is not to be had, fit to be shown; empty when it is. Never quotes it.
[[nodiscard]] std::string objection_to(std::string_view password, std::string_view address);

inline constexpr std::size_t secret_size = 20;  ///< Octets that make_secret() takes.

/// A password of 100 random bits that can be typed: four groups of five letters and digits, none
/// of which looks like another.
/// \param random  Five bits of each are used.
[[nodiscard]] std::string make_secret(const std::array<std::uint8_t, secret_size>& random);

}  // namespace postern::accounts
