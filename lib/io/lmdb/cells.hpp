// The values in an LMDB file, and the index that finds those that end soonest.
#pragma once

#include <atomic>
#include <cstdint>

#include "lib/io/lmdb/environment.hpp"
#include "lib/store/apply.hpp"

namespace postern::io::lmdb {

/// The cells of one transaction. After an error nothing more is done, and error() tells.
///
/// Each value has one entry in the index, at its end or before; entries of expendable values come
/// before all others. A value whose end moves on, as with every Take, keeps its entry; the sweep
/// that comes by it puts it where it belongs. So most writes do not touch the index.
class TransactionCells final : public store::Cells {
 public:
  /// \param unreadable  Counts values that cannot be read.
  TransactionCells(const Environment& environment, MDB_txn* transaction,
                   std::atomic<std::uint64_t>& unreadable)
      : environment_(environment), transaction_(transaction), unreadable_(unreadable) {}

  std::optional<store::StoredValue> find(std::string_view key) override;
  void put(std::string_view key, store::StoredValue value) override;
  void erase(std::string_view key) override;

  struct Swept {
    std::size_t examined = 0;
    std::size_t removed = 0;
  };
  /// Removes up to `limit` values that have ended, those that ended first before others.
  Swept remove_expired(std::size_t limit, store::Time now);
  /// Removes values whether they have ended or not: expendable ones first, and of each kind those
  /// that end soonest.
  Swept remove_soonest(std::size_t limit);

  [[nodiscard]] int error() const { return error_; }

 private:
  // Where a value is in the index.
  struct Place {
    store::Time time;
    bool expendable = false;
    bool operator==(const Place&) const = default;
  };
  static std::string entry_of(std::string_view key, const Place& place);
  static Place place_of(std::string_view entry);
  static Place place_of(const store::StoredValue& value) {
    return {value.indexed, value.expendable};
  }

  // Those that ended before `now`, from an entry on, as far as values are as expendable as there.
  // Without `now`, all from there on.
  void remove(std::string_view from, std::size_t limit, const store::Time* now, Swept& swept);
  // Deals with an entry that is not in the index any more; whether its value was removed.
  bool remove_value(std::string_view entry, const store::Time* now);
  void add_entry(std::string_view key, const Place& place);
  void remove_entry(std::string_view key, const Place& place);
  void remove_item(std::string_view key);
  void write(std::string_view key, const store::StoredValue& value);
  // Whether to go on after a code; MDB_NOTFOUND is none to stop at.
  bool check(int code);

  const Environment& environment_;
  MDB_txn* const transaction_;
  std::atomic<std::uint64_t>& unreadable_;
  int error_ = 0;
  // What find() found last, since a put() of the same key most often follows.
  std::string last_key_;
  std::optional<Place> last_place_;
};

}  // namespace postern::io::lmdb
