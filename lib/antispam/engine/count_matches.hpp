// How often a pattern matches, as tflags say (Mail::SpamAssassin::Plugin::Check).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/antispam/text/regex.hpp"

namespace postern::antispam {

/// tflags multiple, maxhits.
struct CountFlags {
  bool multiple = false;
  std::uint32_t maxhits = 0;  ///< 0: no limit. Only with `multiple`.
};

struct MatchCount {
  std::uint32_t count = 0;
  bool over_limit = false;  ///< The pattern gave up on a line; that and the rest count as none.
};

/// What groups with names matched, in the order of the matches; without empty ones.
using NamedCaptures = std::vector<std::pair<std::string, std::string>>;

/// Matches that do not overlap, over all lines, as Perl's //g finds them; without `multiple` the
/// first only.
/// \param captures  nullptr: not wanted.
[[nodiscard]] MatchCount count_matches(const Regex& regex, std::span<const std::string_view> lines,
                                       const CountFlags& flags, Deadline& deadline,
                                       NamedCaptures* captures = nullptr);

}  // namespace postern::antispam
