// Entities as HTML::Parser decodes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/antispam/text/perl_string.hpp"

namespace postern::antispam {

constexpr std::size_t max_entity_name_size = 8;  ///< Octets of the longest name.

/// 0: there is no such entity, or none without a semicolon.
[[nodiscard]] std::uint32_t entity_character(std::string_view name, bool has_semicolon);

/// \param text           Octets or UTF-8, by `is_characters`.
/// \param expands_prefix "&eacutex" is "é" and "x": in text, but not in attributes.
/// \return A byte string becomes one of characters by an entity beyond U+00FF.
[[nodiscard]] PerlString decode_entities(std::string_view text, bool is_characters,
                                         bool expands_prefix);

}  // namespace postern::antispam
