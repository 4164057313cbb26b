#include "lib/store/room.hpp"

#include <algorithm>

namespace postern::store {
namespace {

constexpr std::uint64_t enough_percent = 80;  // below it, all may stay
constexpr std::uint64_t full_percent = 85;    // from here on, items go

}  // namespace

std::uint64_t Room::excess(std::uint64_t items, std::uint64_t used_bytes, std::uint64_t max_bytes) {
  const std::uint64_t percent =
      max_bytes == 0 ? 0 : used_bytes / std::max<std::uint64_t>(max_bytes / 100, 1);
  if (percent < enough_percent) allowed_ = 0;
  const bool fuller = allowed_ != 0 && percent > lowered_at_;
  if (percent >= full_percent && (allowed_ == 0 || fuller)) {
    // The fuller it is, the more goes: 5 of 100 at first, and 20 when there is no room at all.
    const std::uint64_t share = std::min<std::uint64_t>(5 + (percent - full_percent), 20);
    allowed_ = std::max<std::uint64_t>(items - items * share / 100, 1);
    lowered_at_ = percent;
  }
  return allowed_ != 0 && items > allowed_ ? items - allowed_ : 0;
}

}  // namespace postern::store
