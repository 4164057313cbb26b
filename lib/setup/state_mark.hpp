// Which format everything below /var/lib/postern has, together: it is raised when any part changes
// so that an older Postern would misread it.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.hpp"

namespace postern::setup {

inline constexpr int state_format = 1;

/// The file /var/lib/postern/state.
struct StateMark {
  int format = state_format;
  std::string version;  ///< Of Postern, that wrote it last.

  bool operator==(const StateMark&) const = default;
};

/// "format 1\nversion 0.1.0\n".
[[nodiscard]] std::string format(const StateMark& mark);
[[nodiscard]] Parsed<StateMark> parse_state_mark(std::string_view text);

}  // namespace postern::setup
