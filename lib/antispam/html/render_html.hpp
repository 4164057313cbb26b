// HTML to text and to what evals ask of it (Mail::SpamAssassin::HTML over HTML::Parser).
#pragma once

#include "lib/antispam/html/results.hpp"
#include "lib/antispam/text/perl_string.hpp"

namespace postern::antispam {

/// Linear in the size of the source.
/// \param source  Of one part, after its charset was decoded (or not: the kind of the string
/// matters).
[[nodiscard]] RenderedHtml render_html(const PerlString& source);

}  // namespace postern::antispam
