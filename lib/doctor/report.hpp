// Findings as lines for a person and as JSON for a program.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "lib/doctor/finding.hpp"

namespace postern::doctor {

/// One aligned line per finding, its remedy below it, and a last line that counts them.
[[nodiscard]] std::string format_text(const Findings& findings);

/// {"findings": [{"name", "subject", "severity", "text", "remedy"}], "worst", "counts"}.
[[nodiscard]] nlohmann::ordered_json to_json(const Findings& findings);

}  // namespace postern::doctor
