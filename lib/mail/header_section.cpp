#include "lib/mail/header_section.hpp"

#include <algorithm>
#include <numeric>

#include "lib/base/ascii.hpp"

namespace postern::mail {
namespace {

// Three-way comparison without regard to case, for the order of the index.
int compare_names(std::string_view a, std::string_view b) {
  const std::size_t common = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < common; ++i) {
    const int difference = ascii::to_lower(a[i]) - ascii::to_lower(b[i]);
    if (difference != 0) return difference;
  }
  if (a.size() == b.size()) return 0;
  return a.size() < b.size() ? -1 : 1;
}

}  // namespace

HeaderSection::HeaderSection(std::vector<HeaderField> fields)
    : fields_(std::move(fields)), by_name_(fields_.size()) {
  std::iota(by_name_.begin(), by_name_.end(), 0U);
  std::stable_sort(by_name_.begin(), by_name_.end(), [&](std::uint32_t a, std::uint32_t b) {
    return compare_names(fields_[a].name, fields_[b].name) < 0;
  });
}

std::span<const std::uint32_t> HeaderSection::named(std::string_view name) const {
  const auto first = std::lower_bound(
      by_name_.begin(), by_name_.end(), name,
      [&](std::uint32_t i, auto wanted) { return compare_names(fields_[i].name, wanted) < 0; });
  const auto last = std::upper_bound(
      first, by_name_.end(), name,
      [&](auto wanted, std::uint32_t i) { return compare_names(wanted, fields_[i].name) < 0; });
  return {first, last};
}

const HeaderField* HeaderSection::first(std::string_view name) const {
  const auto positions = named(name);
  return positions.empty() ? nullptr : &fields_[positions.front()];
}

std::string unfold(std::string_view body) {
  body = ascii::trim(body);
  std::string line;
  line.reserve(body.size());
  for (std::size_t at = 0; at < body.size(); ++at) {
    const char c = body[at];
    if (c != '\r' && c != '\n') {
      line += c;
      continue;
    }
    if (c == '\r' && at + 1 < body.size() && body[at + 1] == '\n') ++at;
    const bool is_fold = at + 1 < body.size() && ascii::is_blank(body[at + 1]);
    if (!is_fold) line += ' ';
  }
  return line;
}

}  // namespace postern::mail
