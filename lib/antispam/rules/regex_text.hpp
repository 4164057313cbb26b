// A regular expression as configuration writes it, to the form that a RegexCompiler takes
// (Mail::SpamAssassin::Util::compile_regexp, Conf::Parser::parse_captures).
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.hpp"

namespace postern::antispam {

struct RegexText {
  std::string pattern;         ///< Modifiers in front: "(?i)a.c".
  bool has_captures = false;   ///< (?<NAME>…)
  bool uses_captures = false;  ///< %{NAME}
  /// Why it matches any text, which is seldom meant; empty: it may not.
  std::string_view always_matches;
};

/// Reads "/re/mods", "m{re}mods", "m!re!mods" and the like. Whether `re` compiles is not known.
/// \return Or why not, a phrase for a warning: "its delimiters are missing, …".
[[nodiscard]] Expected<RegexText, std::string> read_regex(std::string_view text);

/// What PCRE2 reads otherwise than Perl: "{,n}" becomes "{0,n}".
[[nodiscard]] std::string with_perl_quantifiers(std::string_view pattern);

}  // namespace postern::antispam
