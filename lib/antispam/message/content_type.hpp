// Content-Type and Content-Disposition as SpamAssassin reads them (Util::parse_content_type).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern::antispam {

struct ContentTypeValue {
  std::string type;  ///< "text/plain"; lower case; may be empty.
  std::optional<std::string> boundary, charset, name;
  bool missing = false;  ///< There was none, so that text/plain is a guess.
};

/// \param value  Decoded; empty: there is no such field.
[[nodiscard]] ContentTypeValue read_content_type(std::string_view value);

/// The file name of a Content-Disposition.
[[nodiscard]] std::optional<std::string> disposition_name(std::string_view value);

/// File name with .htm, .html, or .shtml.
[[nodiscard]] bool is_html_name(std::string_view name);

}  // namespace postern::antispam
