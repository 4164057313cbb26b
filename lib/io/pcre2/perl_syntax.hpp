// Perl's syntax of patterns, where PCRE2 has another.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.hpp"

namespace postern::io {

/// The pattern as PCRE2 takes it: charset modifiers ("(?aa)") go, since they are what
/// perl_character_tables() are for, and "{,3}" and "{ 1, 3 }" become "{0,3}" and "{1,3}", which
/// PCRE2 knows from 10.43 on only. Linear. \return Or what Perl would refuse and PCRE2 would not.
[[nodiscard]] Expected<std::string, std::string> pcre2_syntax(std::string_view pattern);

}  // namespace postern::io
