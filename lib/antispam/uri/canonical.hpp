// All forms of one URI that rules look at (Mail::SpamAssassin::Util::uri_list_canonicalize).
#pragma once

#include <cstddef>
#include <vector>

#include "lib/antispam/message/environment.hpp"
#include "lib/antispam/text/perl_string.hpp"

namespace postern::antispam {

/// URIs that may be taken out of redirectors, one out of the other; the rest of such a chain is not
/// looked at.
constexpr std::size_t max_redirections = 64;

/// The URI first, without white space around it and without its line ends; then its other forms,
/// each once.
[[nodiscard]] std::vector<PerlString> canonical_forms(const PerlString& uri,
                                                      const RenderEnvironment& environment);

/// Equal texts are equal here, whether of octets or of characters.
[[nodiscard]] std::string key_of(const PerlString& text);

}  // namespace postern::antispam
