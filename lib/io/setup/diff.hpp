// The difference between two texts, as diff(1) shows it.
#pragma once

#include <optional>
#include <string>

#include "lib/base/result.hpp"

namespace postern::io {

/// A unified diff with the path in its head; /dev/null stands for a file that is not there.
[[nodiscard]] Expected<std::string, std::string> unified_diff(
    const std::string& path, const std::optional<std::string>& before,
    const std::optional<std::string>& after);

}  // namespace postern::io
