#include "lib/io/lmdb/lmdb_store.hpp"

#include <algorithm>
#include <utility>

#include "lib/io/lmdb/cells.hpp"
#include "lib/io/lmdb/failure.hpp"
#include "lib/io/lmdb/session.hpp"
#include "lib/store/apply.hpp"

namespace postern::io {
namespace {

using lmdb::ReadTransaction;
using lmdb::TransactionCells;
using lmdb::WriteTransaction;
using store::Failure;
using store::Lifetime;
using store::Operation;
using store::Result;
using store::Time;

// To read a value touches a few pages that others did not, and the kernel maps 16 at a time, so
// between two looks about 4 MB are added to those that were there. To write also reads what is
// copied, and the list of free pages.
constexpr std::uint64_t touches_between_looks = 16;
constexpr std::uint64_t touches_of_write = 4;
constexpr std::uint64_t most_resident = 6 << 20;       // bytes of pages that are not dropped
constexpr std::uint64_t never_dropped = 8 << 20;       // bytes; smaller files stay in memory
constexpr std::uint64_t early_checkpoint = 128 << 20;  // bytes written
constexpr std::size_t sweep_batch = 500;          // items in a transaction, so that others write
constexpr std::size_t max_scan_examined = 10000;  // items in one call
constexpr std::chrono::milliseconds others_checkpoint{100};
constexpr Lifetime reopen_interval = std::chrono::seconds(5);

LmdbOptions bounded(LmdbOptions options) {
  options.max_bytes = std::max(options.max_bytes, LmdbOptions::min_bytes);
  return options;
}

std::size_t map_size_of(const LmdbOptions& options) {
  return options.max_bytes + std::max(options.max_bytes / 8, LmdbOptions::min_bytes);
}

}  // namespace

LmdbStore::LmdbStore(const LmdbOptions& options)
    : options_(bounded(options)),
      clock_(options.clock != nullptr ? *options.clock : lmdb::host_clock()) {}

Expected<std::unique_ptr<LmdbStore>, Failure> LmdbStore::open(const LmdbOptions& options,
                                                              Time now) {
  std::unique_ptr<LmdbStore> result(new LmdbStore(options));
  result->wall_ = now.time_since_epoch().count();
  auto session =
      lmdb::open_session(options.file, map_size_of(result->options_), result->clock_, now);
  if (!session) return Unexpected<Failure>(session.error());
  result->session_ = std::move(*session);
  if (options.background) result->worker_ = std::thread([store = result.get()] { store->work(); });
  return result;
}

LmdbStore::~LmdbStore() {
  if (worker_.joinable()) {
    {
      const std::scoped_lock lock(wake_mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    worker_.join();
  }
  if (session_ != nullptr) session_->close(timeline(), !broken_);
}

Time LmdbStore::store_time() const {
  return session_->file->timeline().at(clock_.since_boot());
}

store::Timeline LmdbStore::timeline() const {
  store::Timeline timeline = session_->file->timeline();
  timeline.last_wall = Time(Lifetime(wall_.load()));
  timeline.last_store = store_time();
  return timeline;
}

Unexpected<Failure> LmdbStore::report(int code) {
  if (lmdb::needs_reopening(code)) broken_ = true;
  return lmdb::failure_of(options_.file, code);
}

Unexpected<Failure> LmdbStore::not_open() const {
  return Unexpected<Failure>(Failure{Failure::Kind::unavailable, trouble()});
}

Expected<std::vector<Result>, Failure> LmdbStore::run(std::span<const Operation> operations,
                                                      Time now) {
  const std::shared_lock lock(gate_);
  if (session_ == nullptr) return not_open();
  wall_ = now.time_since_epoch().count();
  std::vector<Result> results;
  results.reserve(operations.size());
  const bool reads = std::all_of(operations.begin(), operations.end(), store::only_reads);
  const int error = reads ? run_reading(operations, results) : run_writing(operations, results);
  count_touches(operations.size() * (reads ? 1 : touches_of_write));
  if (error != 0) return report(error);
  return results;
}

int LmdbStore::run_reading(std::span<const Operation> operations, std::vector<Result>& results) {
  const ReadTransaction transaction(*session_->environment);
  if (transaction.error() != 0) return transaction.error();
  TransactionCells cells(*session_->environment, transaction.get(), unreadable_);
  const Time time = store_time();
  for (const Operation& operation : operations) results.push_back(apply(operation, cells, time));
  return cells.error();
}

int LmdbStore::run_writing(std::span<const Operation> operations, std::vector<Result>& results) {
  int error = write_batch(operations, results);
  if (error == MDB_MAP_FULL) {
    error = recycle_pages();
    if (error == 0) error = write_batch(operations, results);
  }
  wake_if_due();
  return error;
}

int LmdbStore::write_batch(std::span<const Operation> operations, std::vector<Result>& results) {
  const lmdb::Environment& environment = *session_->environment;
  results.clear();
  WriteTransaction transaction(environment);
  if (transaction.error() != 0) return transaction.error();
  if (const int error = session_->checkpointer->ensure(timeline())) return error;
  TransactionCells cells(environment, transaction.get(), unreadable_);
  // Sweeps make room before it comes to this.
  if (environment.used_bytes(transaction.get()) >= options_.max_bytes) {
    cells.remove_soonest(2 * operations.size());
  }
  const Time time = store_time();
  for (const Operation& operation : operations) results.push_back(apply(operation, cells, time));
  return cells.error() != 0 ? cells.error() : transaction.commit();
}

// Pages that were freed since the last checkpoint can be used again after the next.
int LmdbStore::recycle_pages() {
  if (const int error = session_->checkpointer->checkpoint(timeline())) return error;
  if (!session_->checkpointer->is_elected()) std::this_thread::sleep_for(others_checkpoint);
  return 0;
}

Expected<std::vector<store::Item>, Failure> LmdbStore::scan(std::string_view prefix,
                                                            std::string& cursor, std::size_t limit,
                                                            Time now) {
  const std::shared_lock lock(gate_);
  if (session_ == nullptr) return not_open();
  std::vector<store::Item> items;
  if (const int error = scan_items(prefix, cursor, limit, now, items)) return report(error);
  return items;
}

int LmdbStore::scan_items(std::string_view prefix, std::string& cursor, std::size_t limit, Time now,
                          std::vector<store::Item>& items) {
  const ReadTransaction transaction(*session_->environment);
  if (transaction.error() != 0) return transaction.error();
  MDB_cursor* opened = nullptr;
  if (const int error =
          mdb_cursor_open(transaction.get(), session_->environment->items(), &opened)) {
    return error;
  }
  const lmdb::Cursor position(opened);
  const Time time = store_time();
  const std::string from = cursor.empty() ? std::string(prefix) : cursor;
  MDB_val key = lmdb::value_of(from);
  MDB_val data{};
  int error = mdb_cursor_get(opened, &key, &data, from.empty() ? MDB_FIRST : MDB_SET_RANGE);
  if (error == 0 && !cursor.empty() && lmdb::view_of(key) == cursor) {
    error = mdb_cursor_get(opened, &key, &data, MDB_NEXT);
  }
  for (std::size_t examined = 0; error == 0 && lmdb::view_of(key).starts_with(prefix); ++examined) {
    if (items.size() >= limit || examined >= max_scan_examined) return 0;
    cursor = lmdb::view_of(key);
    const auto value = store::decode(cursor, lmdb::view_of(data));
    if (!value) {
      ++unreadable_;
    } else if (value->is_live(time)) {
      items.push_back({cursor, store::text_of(*value), now + (value->expires() - time)});
    }
    count_touches(1);
    error = mdb_cursor_get(opened, &key, &data, MDB_NEXT);
  }
  cursor.clear();
  return error == MDB_NOTFOUND ? 0 : error;
}

Expected<std::size_t, Failure> LmdbStore::sweep(std::size_t limit, Time now) {
  const std::scoped_lock sweeping(sweeping_);
  const std::shared_lock lock(gate_);
  if (session_ == nullptr) return not_open();
  wall_ = now.time_since_epoch().count();
  std::size_t removed = 0;
  while (removed < limit) {
    const std::size_t batch = std::min(sweep_batch, limit - removed);
    std::size_t now_removed = 0;
    int error = sweep_some(batch, now_removed);
    if (error == MDB_MAP_FULL) {
      error = recycle_pages();
      if (error == 0) error = sweep_some(batch, now_removed);
    }
    if (error != 0) return report(error);
    removed += now_removed;
    if (now_removed < batch) break;
  }
  return removed;
}

int LmdbStore::sweep_some(std::size_t limit, std::size_t& removed) {
  const lmdb::Environment& environment = *session_->environment;
  removed = 0;
  WriteTransaction transaction(environment);
  if (transaction.error() != 0) return transaction.error();
  if (const int error = session_->checkpointer->ensure(timeline())) return error;
  TransactionCells cells(environment, transaction.get(), unreadable_);
  auto swept = cells.remove_expired(limit, store_time());
  if (swept.removed < limit) {
    const std::uint64_t excess =
        room_.excess(environment.item_count(transaction.get()),
                     environment.used_bytes(transaction.get()), options_.max_bytes);
    short_ = room_.is_short();
    const auto soonest =
        cells.remove_soonest(std::min<std::uint64_t>(excess, limit - swept.removed));
    swept.removed += soonest.removed;
    swept.examined += soonest.examined;
  }
  count_touches(swept.examined * touches_of_write);
  if (cells.error() != 0) return cells.error();
  if (const int error = transaction.commit()) return error;
  removed = swept.removed;
  return 0;
}

Expected<store::Statistics, Failure> LmdbStore::statistics() {
  const std::shared_lock lock(gate_);
  if (session_ == nullptr) return not_open();
  const ReadTransaction transaction(*session_->environment);
  if (transaction.error() != 0) return report(transaction.error());
  return store::Statistics{session_->environment->item_count(transaction.get()),
                           session_->environment->used_bytes(transaction.get()), options_.max_bytes,
                           unreadable_};
}

void LmdbStore::count_touches(std::size_t operations) {
  const std::uint64_t before = touches_.fetch_add(operations);
  if (before / touches_between_looks == (before + operations) / touches_between_looks) return;
  const lmdb::Environment& environment = *session_->environment;
  if (environment.extent().last_page * environment.page_size() <= never_dropped) return;
  const auto resident = pages_.of_files();
  if (resident && *resident < resident_after_drop_ + most_resident) return;
  environment.drop_resident_pages();
  resident_after_drop_ = pages_.of_files().value_or(0);
}

void LmdbStore::wake_if_due() {
  lmdb::Checkpointer& checkpointer = *session_->checkpointer;
  if (!checkpointer.is_elected()) return;
  const std::uint64_t most = std::min<std::uint64_t>(early_checkpoint, options_.max_bytes / 8);
  if (checkpointer.pages_written() * session_->environment->page_size() < most) return;
  {
    const std::scoped_lock lock(wake_mutex_);
    woken_ = true;
  }
  wake_.notify_one();
}

void LmdbStore::maintain() {
  const std::scoped_lock maintaining(maintaining_);
  int error = 0;
  {
    const std::shared_lock lock(gate_);
    if (session_ != nullptr) {
      error = maintain_session();
      if (!session_->file->is_current(session_->data.get())) broken_ = true;
    }
  }
  if (lmdb::needs_reopening(error)) broken_ = true;
  if (error != 0) {
    set_trouble(lmdb::failure_of(options_.file, error).value().text);
  } else if (!broken_) {
    set_trouble({});
  }
  if (broken_) reopen();
}

int LmdbStore::maintain_session() {
  // Dead readers go only after a checkpoint of ours is on disk: they might pin the last one of a
  // process that died.
  if (const int error = session_->checkpointer->checkpoint(timeline())) return error;
  if (!session_->checkpointer->is_elected()) return 0;
  int dead = 0;
  return mdb_reader_check(session_->environment->get(), &dead);
}

void LmdbStore::reopen() {
  const Lifetime now = clock_.since_boot();
  if (last_attempt_ != Lifetime{} && now - last_attempt_ < reopen_interval) return;
  last_attempt_ = now;
  const std::unique_lock lock(gate_);
  if (session_ != nullptr) session_->close(timeline(), false);
  session_.reset();
  auto session = lmdb::open_session(options_.file, map_size_of(options_), clock_,
                                    Time(Lifetime(wall_.load())));
  if (!session) {
    set_trouble(session.error().text);
    return;
  }
  session_ = std::move(*session);
  broken_ = false;
  set_trouble({});
}

std::string LmdbStore::note() const {
  const std::shared_lock lock(gate_);
  return session_ == nullptr ? std::string() : session_->file->note();
}

std::string LmdbStore::trouble() const {
  const std::scoped_lock lock(trouble_mutex_);
  if (!trouble_.empty() || !short_) return trouble_;
  return options_.file +
         ": store.max_size is nearly used up; first attempts of senders are forgotten early, and "
         "then what ends soonest; raise store.max_size, and restart";
}

void LmdbStore::set_trouble(std::string text) {
  const std::scoped_lock lock(trouble_mutex_);
  trouble_ = std::move(text);
}

void LmdbStore::work() {
  std::unique_lock lock(wake_mutex_);
  while (!stopping_) {
    wake_.wait_for(lock, options_.checkpoint_interval, [this] { return stopping_ || woken_; });
    if (stopping_) return;
    woken_ = false;
    lock.unlock();
    maintain();
    lock.lock();
  }
}

}  // namespace postern::io
