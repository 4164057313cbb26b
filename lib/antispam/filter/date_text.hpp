// A date as header fields have it (RFC 5322 §3.3).
#pragma once

#include <cstdint>
#include <string>

namespace postern::antispam {

/// "Mon, 30 Nov 2026 12:00:00 +0000"; always of UTC.
[[nodiscard]] std::string date_text(std::int64_t epoch_seconds);

}  // namespace postern::antispam
