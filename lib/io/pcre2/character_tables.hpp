// What letters are to PCRE2: as Perl takes octets under /aa.
#pragma once

#include <cstdint>
#include <vector>

namespace postern::io {

/// Classes (\w, \s, [[:alpha:]] …) know ASCII only; case folds in Latin-1, too. For
/// pcre2_set_character_tables() of every unit size, which keeps the pointer.
[[nodiscard]] const std::vector<std::uint8_t>& perl_character_tables();

}  // namespace postern::io
