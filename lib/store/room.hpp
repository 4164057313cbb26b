// When a bounded store has to make room, and how much.
#pragma once

#include <cstdint>

namespace postern::store {

/// Pages of a tree do not become empty when some of their entries go; they take up new ones. So how
/// full a store is shows in pages only while it grows. Room therefore remembers how many items
/// there were when the pages became many, and keeps the items a little below that.
class Room {
 public:
  /// \return How many items should go now.
  std::uint64_t excess(std::uint64_t items, std::uint64_t used_bytes, std::uint64_t max_bytes);
  /// Whether there was too little at the last call, so that items go before their time.
  [[nodiscard]] bool is_short() const { return allowed_ != 0; }

 private:
  std::uint64_t allowed_ = 0;       // items; 0: as many as come
  std::uint64_t lowered_at_ = 100;  // percent of max_bytes, when allowed_ was last set
};

}  // namespace postern::store
