// A host where everything is right, and a way to look at it: tests break one thing each.
#pragma once

#include <nlohmann/json.hpp>

#include "lib/dns/zone.hpp"
#include "lib/doctor/check.hpp"
#include "tests/support/catch.hpp"

namespace postern::doctor {

using Zone = nlohmann::json;
using Catch::Generators::table;  // beside our own table(), which hides it

inline constexpr std::int64_t day = 86400;  // seconds
inline constexpr std::int64_t test_time = 1'800'000'000;
inline constexpr const char* test_key_record =
    "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";  // RFC 8463 §A.2

/// What DNS answers while all is well.
[[nodiscard]] Zone healthy_zone();

[[nodiscard]] PostfixConfig healthy_postfix();

[[nodiscard]] keyring::Key healthy_key();

[[nodiscard]] Facts healthy_facts();

/// Runs checks until no answer is missing.
[[nodiscard]] Findings examine_zone(const Facts& facts, const Zone& zone,
                                    const std::vector<std::string>& names);

/// The worst finding of one check; a check without findings is an error of the test.
[[nodiscard]] Finding worst_of(const Facts& facts, const Zone& zone, const std::string& check);

/// Whether the finding says so, and says how to mend it if it is a complaint.
void check_finding(const Finding& finding, Severity severity, const std::string& part);

/// The finding of the check of Postfix about one subject.
[[nodiscard]] Finding about(const Facts& facts, const std::string& subject);

}  // namespace postern::doctor
