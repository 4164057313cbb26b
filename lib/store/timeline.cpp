#include "lib/store/timeline.hpp"

#include <algorithm>

namespace postern::store {

Timeline continued(const Timeline* saved, std::string_view boot_id, Lifetime since_boot,
                   Time wall) {
  Timeline timeline{std::string(boot_id), wall.time_since_epoch() - since_boot, wall, wall};
  if (saved == nullptr) return timeline;
  // The bounds hold within a boot, too: time since boot differs between time namespaces.
  const Time expected = saved->boot_id == boot_id ? saved->at(since_boot)
                                                  : saved->last_store + (wall - saved->last_wall);
  timeline.last_store =
      std::clamp(expected, saved->last_store, saved->last_store + Timeline::max_gap);
  timeline.offset = timeline.last_store.time_since_epoch() - since_boot;
  return timeline;
}

}  // namespace postern::store
