// What each operation does to what is stored: the meaning that all stores share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/store/operation.hpp"
#include "lib/store/value.hpp"

namespace postern::store {

/// Where apply() finds and leaves values. Keys are storable (bounds.hpp).
class Cells {
 public:
  Cells() = default;
  Cells(const Cells&) = delete;
  Cells& operator=(const Cells&) = delete;
  virtual ~Cells() = default;

  /// The value, even when it has expired; nullopt also for what cannot be read.
  [[nodiscard]] virtual std::optional<StoredValue> find(std::string_view key) = 0;
  /// Replaces what is there. `indexed` is the store's to set.
  virtual void put(std::string_view key, StoredValue value) = 0;
  virtual void erase(std::string_view key) = 0;
};

/// Does one operation. It depends on nothing but what it finds and `now`, which must not run
/// backwards for long: see take_from() and StoredValue::is_live().
///
/// A key that is not storable, or a value beyond max_value_size, is not stored. A lifetime of zero
/// or less ends at once.
///
/// \return The Result that the operation names.
[[nodiscard]] Result apply(const Operation& operation, Cells& cells, Time now);

/// Whether an operation never writes.
[[nodiscard]] bool only_reads(const Operation& operation);

}  // namespace postern::store
