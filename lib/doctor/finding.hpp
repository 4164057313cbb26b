// What a check of the doctor found: one line for a person, and one that says how to mend it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postern::doctor {

/// From the mildest on, so that they compare. `skipped`: it could not be looked at, `text` says
/// why.
enum class Severity { ok, skipped, info, warning, error };

[[nodiscard]] std::string_view to_word(Severity severity);

struct Finding {
  std::string check;    ///< Name of the row of table().
  std::string subject;  ///< What it is about: a domain, an address, a parameter, a file.
  Severity severity = Severity::ok;
  std::string text;    ///< One plain sentence that stays the same while the matter does.
  std::string detail;  ///< What differs from day to day, such as days left; may be empty.
  std::string remedy;  ///< A command, or a record to paste; empty when nothing is to be done.

  bool operator==(const Finding&) const = default;
};

using Findings = std::vector<Finding>;

/// The worst of them; ok when there are none.
[[nodiscard]] Severity worst(const Findings& findings);

/// 0 for nothing worse than info, 1 for a warning, 2 for an error.
[[nodiscard]] int exit_status(Severity severity);

}  // namespace postern::doctor
