// A plan as JSON, the contract of "postern dns --json".
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "lib/records/plan.hpp"

namespace postern::records {

/// {"domain", "records": [{"name", "type", "ttl", "value", "purpose", and by type "priority",
/// "weight", "port", "strings"}], "elsewhere": [the same], "notes": [text],
/// "mta_sts_policy": {"url", "text"} or null}. Names have no final dot; a TXT value is whole, and
/// cut as DNS wants it in "strings".
[[nodiscard]] nlohmann::ordered_json to_json(const Plan& plan);

}  // namespace postern::records
