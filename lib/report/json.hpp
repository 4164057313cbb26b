// The verdict as JSON, the contract of "postern check --json".
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "lib/report/verdict.hpp"

namespace postern::report {

/// Objects of one outcome each. Texts of the peer that are no UTF-8 have been replaced before,
/// since all members are ASCII by the contracts of the checks.
[[nodiscard]] nlohmann::ordered_json to_json(const spf::Outcome& outcome);
[[nodiscard]] nlohmann::ordered_json to_json(const dkim::Outcome& outcome);
[[nodiscard]] nlohmann::ordered_json to_json(const arc::Outcome& outcome);
[[nodiscard]] nlohmann::ordered_json to_json(const dmarc::Outcome& outcome);
[[nodiscard]] nlohmann::ordered_json to_json(const antivirus::Report& report);
/// With names of files: not for logs.
[[nodiscard]] nlohmann::ordered_json to_json(const attachments::Outcome& outcome);

/// The whole verdict. Checks that did not run are left out.
[[nodiscard]] nlohmann::ordered_json to_json(const Verdict& verdict);

/// JSON on one line; bytes that are no UTF-8 become U+FFFD.
[[nodiscard]] std::string dump(const nlohmann::ordered_json& value);

}  // namespace postern::report
