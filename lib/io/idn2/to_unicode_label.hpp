// Labels of domains as people read them, through libidn2 (RFC 5890 §2.3.2.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern::io {

/// One label in A-label form as UTF-8. What it holds is not judged: it may be a label that nobody
/// could register.
///
/// \param label  From any sender; plain labels come back as they are. NUL, more than 63 octets, and
///               what is no Punycode behind "xn--" give nothing.
[[nodiscard]] std::optional<std::string> to_unicode_label(std::string_view label);

}  // namespace postern::io
