// What a text must have in it for a pattern to match at all.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern::antispam {

/// Octets as literals compare them: Latin-1 letters in lower case, white space as a blank. Coarser
/// than any pattern, so that nothing is missed.
[[nodiscard]] const std::array<std::uint8_t, 256>& folded_octets();

/// A guess how often a folded octet is met in mail; a fraction of 1.
[[nodiscard]] double octet_frequency(std::uint8_t folded);

/// Shorter ones are too common to be looked for.
constexpr std::size_t min_literal_size = 3;

/// Folded; a text without any of them has no match. Empty: nothing is known, or what is known is
/// too common, too short, or too much to help.
/// \param pattern  In Perl's syntax with its modifiers in front.
[[nodiscard]] std::vector<std::string> required_literals(std::string_view pattern);

}  // namespace postern::antispam
