// What rendering needs besides the message: the same for every message of a configuration.
#pragma once

#include "lib/antispam/rules/options.hpp"
#include "lib/antispam/text/regex.hpp"
#include "lib/antispam/text/strict_charsets.hpp"
#include "lib/antispam/uri/registry_boundaries.hpp"

namespace postern::antispam {

/// Everything borrowed outlives it.
struct RenderEnvironment {
  const Options& options;
  const RegistryBoundaries& boundaries;
  /// redirector_patterns, in their order; nullptr where one did not compile.
  const std::vector<const Regex*>& redirectors;
  const StrictCharsets& charsets;
};

}  // namespace postern::antispam
