// Links of HTML resolved against <base> (Mail::SpamAssassin::HTML::target_uri).
#pragma once

#include <string>
#include <string_view>

namespace postern::antispam {

/// RFC 3986 §5.2, but a scheme equal to that of the base is ignored, and "//www.example.org" gets
/// http, whatever the base is.
[[nodiscard]] std::string target_uri(std::string_view base, std::string_view reference);

/// What <base href> makes of later links: without a file name, with a slash; empty: nothing.
[[nodiscard]] std::string base_of(std::string_view href);

}  // namespace postern::antispam
