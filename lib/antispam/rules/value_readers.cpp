#include "lib/antispam/rules/value_readers.hpp"

namespace postern::antispam {

std::optional<bool> switch_value(std::string_view value) {
  if (value == "1" || ascii::equals_ignoring_case(value, "yes")) return true;
  if (value == "0" || ascii::equals_ignoring_case(value, "no")) return false;
  return std::nullopt;
}

std::optional<double> duration_value(std::string_view value) {
  if (value.empty()) return std::nullopt;
  double unit = 1;
  switch (ascii::to_lower(value.back())) {
    case 's': unit = 1; break;
    case 'm': unit = 60; break;
    case 'h': unit = 3600; break;
    case 'd': unit = 24 * 3600; break;
    case 'w': unit = 7 * 24 * 3600; break;
    default: unit = 0;
  }
  if (unit > 0) value.remove_suffix(1);
  const auto number = decimal(trim_end(value), "+", true);
  if (!number) return std::nullopt;
  return *number * (unit > 0 ? unit : 1);
}

}  // namespace postern::antispam
