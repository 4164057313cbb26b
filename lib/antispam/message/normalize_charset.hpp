// From octets to characters, by the declared charset or a better guess (Message::Node::_normalize).
#pragma once

#include <string>
#include <string_view>

#include "lib/antispam/text/perl_string.hpp"
#include "lib/antispam/text/strict_charsets.hpp"

namespace postern::antispam {

/// Linear in the size of `bytes`.
/// \param declared  As the sender names it; "us-ascii" where there is none.
/// \param insist    Of an encoded word: the declared charset is taken, with U+FFFD for what is
/// none. \return The octets as they are, or characters.
[[nodiscard]] PerlString normalize_charset(std::string_view bytes, std::string_view declared,
                                           bool insist, const StrictCharsets& charsets);

}  // namespace postern::antispam
