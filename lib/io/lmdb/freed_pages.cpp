#include "lib/io/lmdb/freed_pages.hpp"

#include <cstring>

namespace postern::io::lmdb {
namespace {

constexpr MDB_dbi free_pages = 0;  // LMDB's own database: a transaction, and what it has freed
constexpr std::uint64_t commits_between_looks = 16;

// Numbers of a length that LMDB takes for granted; what follows the first is the list itself.
std::uint64_t number_in(const MDB_val& value) {
  std::size_t number = 0;
  if (value.mv_size >= sizeof number) std::memcpy(&number, value.mv_data, sizeof number);
  return number;
}

}  // namespace

std::uint64_t FreedPages::since(std::uint64_t transaction) {
  const std::scoped_lock lock(mutex_);
  if (transaction != since_) {
    since_ = counted_to_ = transaction;
    pages_ = 0;
  }
  const std::uint64_t last = environment_.extent().transaction;
  if (last >= counted_to_ + commits_between_looks) count();
  return pages_;
}

void FreedPages::count() {
  const ReadTransaction transaction(environment_);
  if (transaction.error() != 0) return;
  MDB_cursor* opened = nullptr;
  if (mdb_cursor_open(transaction.get(), free_pages, &opened) != 0) return;
  const Cursor cursor(opened);
  std::size_t next = counted_to_ + 1;
  MDB_val key{sizeof next, &next};
  MDB_val data{};
  for (int error = mdb_cursor_get(opened, &key, &data, MDB_SET_RANGE); error == 0;
       error = mdb_cursor_get(opened, &key, &data, MDB_NEXT)) {
    counted_to_ = number_in(key);
    pages_ += number_in(data);
  }
}

}  // namespace postern::io::lmdb
