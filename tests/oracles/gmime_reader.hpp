// A message as GMime reads it.
#pragma once

#include <string>

#include "tests/oracles/outline.hpp"

namespace postern::oracle {

/// Parses with GMime's default options.
[[nodiscard]] Outline read_with_gmime(const std::string& text);

}  // namespace postern::oracle
