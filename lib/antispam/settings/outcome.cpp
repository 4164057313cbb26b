#include "lib/antispam/settings/outcome.hpp"

#include <fmt/format.h>

namespace postern::antispam {

std::string score_text(double score) {
  return fmt::format("{:.1f}", score);
}

}  // namespace postern::antispam
