// What changed since the last run: the findings of then, kept as JSON in the state directory.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/doctor/finding.hpp"

namespace postern::doctor {

inline constexpr int state_version = 1;
inline constexpr std::size_t max_state_size = 4 * 1024 * 1024;  ///< Bytes of the file.

/// Findings of the last run as they lie on disk; details and remedies are not kept.
[[nodiscard]] std::string format_state(const Findings& findings);

/// Reads what format_state wrote.
/// \param text  Ours; may be damaged. \return An error fit to be shown after the file's name.
[[nodiscard]] Expected<Findings, std::string> parse_state(std::string_view text);

/// The findings that are new or say something else, and, as `ok`, those that are gone. What only
/// went from nothing to ok is no change. The order is that of `now`, the gone ones come last.
///
/// \param names  The checks that ran; empty for all. The others are as they were.
[[nodiscard]] Findings changes(const Findings& before, const Findings& now,
                               const std::vector<std::string>& names);

/// What to keep for the next run: `now`, and of `before` what was not looked at this time.
[[nodiscard]] Findings kept(const Findings& before, const Findings& now,
                            const std::vector<std::string>& names);

}  // namespace postern::doctor
