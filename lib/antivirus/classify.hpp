// From what libclamav or clamd says of an object to its outcome.
#pragma once

#include <string_view>

#include "lib/antivirus/outcome.hpp"

namespace postern::antivirus {

/// What it means that a signature or a heuristic matched.
/// \param name  As it stands in the database or in clamd's reply; anybody's text. Empty: libclamav
///              gave none, as it does for an object over its limit of size.
[[nodiscard]] Outcome classify_match(std::string_view name);

/// What it means that a scan ended without a result: never clean. The object is at fault
/// (unscannable), unless the scanner's host lacks what every scan needs (temperror).
/// \param why  In libclamav's words, or in clamd's.
[[nodiscard]] Outcome classify_error(std::string_view why);

}  // namespace postern::antivirus
