// Two implementations on one suite: where they differ, who is right, and whether that was known.
#pragma once

#include <map>
#include <ostream>
#include <string>
#include <vector>

namespace postern::oracle {

/// One case of a suite. Answers are text that either is what the suite wants or is not.
struct Case {
  std::string id;
  std::string ours;
  std::string theirs;
  std::vector<std::string> expected;  ///< What the suite allows, the preferred answer first.
};

/// What is known of one difference.
struct KnownDifference {
  std::string theirs;
  std::string cause;
};

/// By case. Of one library, from expected_differences.json:
///   {"LIBRARY": [{"cause": "...", "cases": {"ID": "their answer", ...}}, ...], ...}
using KnownDifferences = std::map<std::string, KnownDifference>;

/// Throws std::exception when the file is not there or wrong: it belongs to the project.
[[nodiscard]] KnownDifferences read_known_differences(const std::string& library);

/// How a comparison ended.
struct Totals {
  std::size_t cases = 0;
  std::size_t ours_right = 0;    ///< We gave what the suite prefers.
  std::size_t theirs_right = 0;  ///< They gave something the suite allows.
  std::size_t differences = 0;
  std::size_t surprises = 0;  ///< Differences not known, answered otherwise than known, or gone.

  /// Whether nothing needs a look.
  [[nodiscard]] bool is_as_expected() const { return ours_right == cases && surprises == 0; }
};

/// Prints one line per difference or wrong answer of ours, the surprises, and a summary.
Totals compare(const std::string& library, const std::vector<Case>& cases,
               const KnownDifferences& known, std::ostream& out);

/// The differences in the form of expected_differences.json without their causes, to start or
/// renew the list from.
void print_differences(const std::vector<Case>& cases, std::ostream& out);

/// The end of each program: compares with the known differences, or with the argument --list
/// prints the differences. \return The exit status.
int finish(const std::string& library, const std::vector<Case>& cases, int argc, char** argv);

}  // namespace postern::oracle
