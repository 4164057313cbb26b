#include "lib/io/lmdb/environment.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

namespace postern::io::lmdb {
namespace {

constexpr unsigned max_readers = 510;  // in all processes; the first to open decides
constexpr std::size_t max_idle_readers = 64;
// NOSYNC: checkpoints do it. NOTLS: a reader belongs to a transaction, not to a thread. NORDAHEAD:
// keys are looked up here and there.
constexpr unsigned flags = MDB_NOSUBDIR | MDB_NOSYNC | MDB_NOTLS | MDB_NORDAHEAD;

// Takes or gives back the turn among the writers of all processes: an octet of the file where none
// ever is. A file system that has no such locks leaves it to LMDB alone.
void set_writer_lock(MDB_env* environment, short type) {
  int file = -1;
  if (mdb_env_get_fd(environment, &file) != 0) return;
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = std::numeric_limits<off_t>::max() - 1;
  lock.l_len = 1;
  while (::fcntl(file, F_OFD_SETLKW, &lock) != 0 && errno == EINTR) continue;
}

}  // namespace

WriteTransaction::WriteTransaction(const Environment& environment)
    : environment_(environment), turn_(environment.writer_mutex_) {
  set_writer_lock(environment.get(), F_WRLCK);
  error_ = mdb_txn_begin(environment.get(), nullptr, 0, &transaction_);
  if (error_ == 0) return;
  transaction_ = nullptr;
  end_turn();
}

void WriteTransaction::end_turn() {
  set_writer_lock(environment_.get(), F_UNLCK);
  turn_.unlock();
}

int WriteTransaction::commit() {
  const int error = mdb_txn_commit(std::exchange(transaction_, nullptr));
  end_turn();
  return error;
}

void WriteTransaction::abort() {
  if (transaction_ == nullptr) return;
  mdb_txn_abort(std::exchange(transaction_, nullptr));
  end_turn();
}

ReadTransaction::ReadTransaction(Environment& environment) : environment_(environment) {
  {
    const std::scoped_lock lock(environment_.mutex_);
    if (!environment_.idle_readers_.empty()) {
      transaction_ = environment_.idle_readers_.back();
      environment_.idle_readers_.pop_back();
    }
  }
  if (transaction_ != nullptr) {
    error_ = mdb_txn_renew(transaction_);
    if (error_ == 0) return;
    mdb_txn_abort(std::exchange(transaction_, nullptr));
  }
  error_ = mdb_txn_begin(environment_.get(), nullptr, MDB_RDONLY, &transaction_);
  if (error_ == MDB_READERS_FULL) {
    int dead = 0;
    mdb_reader_check(environment_.get(), &dead);
    error_ = mdb_txn_begin(environment_.get(), nullptr, MDB_RDONLY, &transaction_);
  }
  if (error_ != 0) transaction_ = nullptr;
}

ReadTransaction::~ReadTransaction() {
  if (transaction_ == nullptr) return;
  mdb_txn_reset(transaction_);
  const std::scoped_lock lock(environment_.mutex_);
  if (environment_.idle_readers_.size() < max_idle_readers) {
    environment_.idle_readers_.push_back(transaction_);
  } else {
    mdb_txn_abort(transaction_);
  }
}

Environment::~Environment() {
  for (MDB_txn* reader : idle_readers_) mdb_txn_abort(reader);
  if (environment_ != nullptr) mdb_env_close(environment_);
}

int Environment::open(const std::string& file, std::size_t map_size) {
  if (const int error = mdb_env_create(&environment_)) return error;
  mdb_env_set_maxdbs(environment_, 3);
  mdb_env_set_maxreaders(environment_, max_readers);
  mdb_env_set_mapsize(environment_, map_size);
  if (const int error = mdb_env_open(environment_, file.c_str(), flags, 0600)) {
    mdb_env_close(environment_);
    environment_ = nullptr;
    return error;
  }
  MDB_stat stat{};
  mdb_env_stat(environment_, &stat);
  page_size_ = stat.ms_psize;
  return 0;
}

int Environment::open_databases(MDB_txn* transaction, unsigned open_flags) {
  const std::array<std::pair<const char*, MDB_dbi*>, 3> databases = {
      {{"items", &items_}, {"expiry", &expiry_}, {"about", &about_}}};
  for (const auto& [name, handle] : databases) {
    if (const int error = mdb_dbi_open(transaction, name, open_flags, handle)) return error;
  }
  return 0;
}

int Environment::create_databases() {
  WriteTransaction transaction(*this);
  if (transaction.error() != 0) return transaction.error();
  if (const int error = open_databases(transaction.get(), MDB_CREATE)) return error;
  return transaction.commit();
}

int Environment::open_databases() {
  // Handles opened in a transaction stay when it is committed, also when it only reads.
  MDB_txn* transaction = nullptr;
  if (const int error = mdb_txn_begin(environment_, nullptr, MDB_RDONLY, &transaction)) {
    return error;
  }
  if (const int error = open_databases(transaction, 0)) {
    mdb_txn_abort(transaction);
    return error;
  }
  return mdb_txn_commit(transaction);
}

Environment::Extent Environment::extent() const {
  MDB_envinfo info{};
  mdb_env_info(environment_, &info);
  return {info.me_last_txnid, info.me_last_pgno};
}

std::uint64_t Environment::used_bytes(MDB_txn* transaction) const {
  std::uint64_t pages = 0;
  for (const MDB_dbi database : {items_, expiry_, about_}) {
    MDB_stat stat{};
    if (mdb_stat(transaction, database, &stat) != 0) continue;
    pages += stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
  }
  return pages * page_size_;
}

std::uint64_t Environment::item_count(MDB_txn* transaction) const {
  MDB_stat stat{};
  return mdb_stat(transaction, items_, &stat) == 0 ? stat.ms_entries : 0;
}

void Environment::drop_resident_pages() const {
  if (map_ != nullptr) ::madvise(map_, map_size_, MADV_DONTNEED);
}

// LMDB tells the address of fixed maps only. But what it lends lies in the map, on a page that
// begins with its own number.
int Environment::locate_map(std::string_view key) {
  const ReadTransaction transaction(*this);
  if (transaction.error() != 0) return transaction.error();
  MDB_val name = value_of(key);
  MDB_val data{};
  if (const int error = mdb_get(transaction.get(), about_, &name, &data)) return error;
  MDB_envinfo info{};
  mdb_env_info(environment_, &info);
  const auto system_page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  if (page_size_ > system_page) return 0;  // pages of another kind of host: pages stay resident
  const std::size_t rest = reinterpret_cast<std::uintptr_t>(data.mv_data) % page_size_;
  char* page = static_cast<char*>(data.mv_data) - rest;
  std::uint64_t number = 0;
  std::memcpy(&number, page, sizeof number);
  if (number > info.me_last_pgno) return 0;
  map_ = page - number * page_size_;
  map_size_ = info.me_mapsize;
  return 0;
}

}  // namespace postern::io::lmdb
