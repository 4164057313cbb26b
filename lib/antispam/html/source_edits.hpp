// What SpamAssassin changes in HTML before it is parsed.
#pragma once

#include <string>

#include "lib/antispam/text/perl_string.hpp"

namespace postern::antispam {

/// "&nbsp;" becomes a space, "<br/>" becomes "<br>", curly double quotes become plain ones.
[[nodiscard]] std::string edited_source(const PerlString& source);

}  // namespace postern::antispam
