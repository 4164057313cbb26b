// Rules tried before they are put in use.
#pragma once

#include <cstddef>
#include <string>

#include "lib/antispam/settings/settings.hpp"
#include "lib/base/result.hpp"
#include "lib/io/filter/filter_loader.hpp"

namespace postern::io {

/// Of the new rules there may be one warning for so many rules; more, and something is wrong.
inline constexpr std::size_t rules_per_warning = 20;

struct RuleTrial {
  std::size_t rules = 0;
  std::size_t warnings = 0;  ///< Of the new files, not of the site's.
};

/// Loads the rules with the files of the site, compiles all of them, and judges a message, in which
/// GTUBE, if there is such a rule, has to be found. There must be half as many rules as those in
/// use have.
/// \return Or what is wrong with them.
[[nodiscard]] Expected<RuleTrial, std::string> try_rules(const FilterLoader& loader,
                                                         const antispam::Settings& settings,
                                                         const std::string& directory);

}  // namespace postern::io
