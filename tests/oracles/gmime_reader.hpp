// A message as GMime reads it.
#pragma once

#include <string>

#include "tests/oracles/outline.hpp"

namespace postern::oracle {

/// Parses with GMime's default options.
[[nodiscard]] Outline read_with_gmime(const std::string& text);

/// Whether the GMime built with is of this version or later.
[[nodiscard]] bool is_gmime_at_least(unsigned major, unsigned minor, unsigned micro);

}  // namespace postern::oracle
