// Pieces of URIs, taken apart and written as SpamAssassin does (Mail::SpamAssassin::Util).
#pragma once

#include <string>
#include <string_view>

#include "lib/antispam/text/perl_string.hpp"

namespace postern::antispam {

/// Decodes %21 to %7e, keeps other escapes, and escapes control characters, U+007F to U+00FF, and
/// '"', "%", "<", ">" (url_encode).
[[nodiscard]] PerlString url_encoded(const PerlString& url);
/// "%41": two hexadecimal digits after a percent sign are somewhere in it.
[[nodiscard]] bool has_escape(std::string_view url);

/// Numeric entities of printable characters, and of what looks like a dot, as these.
[[nodiscard]] std::string without_entities(std::string_view url);

/// "0x7f.010.0.1" to dotted decimal as SpamAssassin writes it, which loses zeros; empty: it is not
/// of this form.
[[nodiscard]] std::string decimal_quad(std::string_view host);
/// "0x7f000001" and "2130706433" to a dotted quad; empty: it is not of this form.
[[nodiscard]] std::string quad_of_number(std::string_view host);

}  // namespace postern::antispam
