// An LMDB environment with our databases in it, and its transactions.
#pragma once

#include <lmdb.h>

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "lib/io/handle.hpp"

namespace postern::io::lmdb {

inline MDB_val value_of(std::string_view octets) {
  // LMDB does not write through it.
  return {octets.size(), const_cast<char*>(octets.data())};
}
inline std::string_view view_of(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

class Environment;

/// A write transaction, which holds the lock of all writers in all processes; aborted unless
/// committed. It ends in the thread that began it.
///
/// LMDB's own lock is a robust mutex in shared memory, whose waiters can sleep for ever: when its
/// holder is killed between letting go and waking them, and another has taken it in between, nobody
/// wakes them. So writers wait for a lock of the kernel before (F_OFD_SETLKW), and never for
/// LMDB's.
class WriteTransaction {
 public:
  explicit WriteTransaction(const Environment& environment);
  WriteTransaction(const WriteTransaction&) = delete;
  WriteTransaction& operator=(const WriteTransaction&) = delete;
  ~WriteTransaction() { abort(); }

  /// Why it did not begin; 0 when it did.
  [[nodiscard]] int error() const { return error_; }
  [[nodiscard]] MDB_txn* get() const { return transaction_; }
  [[nodiscard]] int commit();
  void abort();

 private:
  void end_turn();

  const Environment& environment_;
  std::unique_lock<std::mutex> turn_;  // in this process
  MDB_txn* transaction_ = nullptr;
  int error_ = 0;
};

/// A read transaction, lent by the environment. Views into it end with it.
class ReadTransaction {
 public:
  explicit ReadTransaction(Environment& environment);
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;
  ~ReadTransaction();

  [[nodiscard]] int error() const { return error_; }
  [[nodiscard]] MDB_txn* get() const { return transaction_; }

 private:
  Environment& environment_;
  MDB_txn* transaction_ = nullptr;
  int error_ = 0;
};

using Cursor = CHandle<MDB_cursor, mdb_cursor_close>;

/// A process may have a file open once. Any thread may use it.
class Environment {
 public:
  Environment() = default;
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment();

  /// \param map_size  Bytes; when the file has been mapped larger before, that counts.
  /// \return 0, or a code of LMDB or the system.
  [[nodiscard]] int open(const std::string& file, std::size_t map_size);
  /// Makes the databases if they are not there.
  [[nodiscard]] int create_databases();
  /// MDB_NOTFOUND when one is not there.
  [[nodiscard]] int open_databases();

  [[nodiscard]] MDB_env* get() const { return environment_; }
  [[nodiscard]] MDB_dbi items() const { return items_; }
  [[nodiscard]] MDB_dbi expiry() const { return expiry_; }
  [[nodiscard]] MDB_dbi about() const { return about_; }

  struct Extent {
    std::uint64_t transaction = 0;  ///< The last one committed.
    std::uint64_t last_page = 0;
  };
  [[nodiscard]] Extent extent() const;
  [[nodiscard]] std::uint64_t page_size() const { return page_size_; }
  /// Bytes of pages in use, as a transaction sees them.
  [[nodiscard]] std::uint64_t used_bytes(MDB_txn* transaction) const;
  [[nodiscard]] std::uint64_t item_count(MDB_txn* transaction) const;

  /// Finds out where the map lies. \param key  Of a short value in about().
  [[nodiscard]] int locate_map(std::string_view key);
  /// Lets go of the pages of the map that this process has touched; they stay in the page cache of
  /// the system, but no longer count as memory of this process.
  void drop_resident_pages() const;

 private:
  friend class ReadTransaction;
  friend class WriteTransaction;
  int open_databases(MDB_txn* transaction, unsigned flags);

  MDB_env* environment_ = nullptr;
  MDB_dbi items_ = 0;
  MDB_dbi expiry_ = 0;
  MDB_dbi about_ = 0;
  std::uint64_t page_size_ = 0;
  char* map_ = nullptr;  // nullptr: not known
  std::size_t map_size_ = 0;
  mutable std::mutex writer_mutex_;
  std::mutex mutex_;
  std::vector<MDB_txn*> idle_readers_;  // reset; under mutex_
};

}  // namespace postern::io::lmdb
