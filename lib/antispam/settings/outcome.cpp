#include "lib/antispam/settings/outcome.hpp"

#include <fmt/format.h>

namespace postern::antispam {

std::string score_text(double score) {
  return fmt::format("{:.1f}", score);
}

std::string some_of(const std::vector<std::string>& names) {
  constexpr std::size_t most = 16;
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < most; ++i) {
    text += (i == 0 ? "" : ",") + names[i];
  }
  if (names.size() > most) text += fmt::format(",+{}", names.size() - most);
  return text;
}

}  // namespace postern::antispam
