// The time by which values on disk expire: it goes on evenly when somebody sets the clock.
#pragma once

#include <string>
#include <string_view>

#include "lib/store/operation.hpp"

namespace postern::store {

/// Store time begins as wall-clock time. While the host is up it goes on with the time since boot,
/// which nobody sets, so that no step of the clock makes all values expire at once, or live on for
/// years. From one boot to the next it goes on by the difference of the wall clocks, forward only,
/// and by max_gap at most, so that a clock that is wrong after a boot does little harm.
struct Timeline {
  std::string boot_id;  ///< Of the boot that `offset` is for.
  Lifetime offset{};    ///< Store time less time since boot.
  Time last_wall;       ///< When the timeline was last written down, by the wall clock
  Time last_store;      ///< and by store time.

  static constexpr Lifetime max_gap = std::chrono::hours(24 * 30);

  [[nodiscard]] Time at(Lifetime since_boot) const { return Time(offset + since_boot); }

  bool operator==(const Timeline&) const = default;
};

/// The timeline of this boot. \param saved  As it was written down; nullptr: there is none.
[[nodiscard]] Timeline continued(const Timeline* saved, std::string_view boot_id,
                                 Lifetime since_boot, Time wall);

}  // namespace postern::store
