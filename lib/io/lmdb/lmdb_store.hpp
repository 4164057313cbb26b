// A store in one file of this host, shared by all programs on it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>

#include "lib/io/lmdb/opening.hpp"
#include "lib/io/lmdb/resident_pages.hpp"
#include "lib/store/room.hpp"
#include "lib/store/store.hpp"

namespace postern::io::lmdb {
struct Session;
}

namespace postern::io {

struct LmdbOptions {
  std::string file = "/var/lib/postern/policy/store.lmdb";
  /// Bytes of values and their index, as pages. The file may become an eighth larger, since it also
  /// has pages that wait for the next checkpoint.
  std::size_t max_bytes = std::size_t{512} << 20;
  /// Less counts as this.
  static constexpr std::size_t min_bytes = std::size_t{1} << 20;
  /// While the disk is synced, writers may have to wait for it; so not too often.
  std::chrono::milliseconds checkpoint_interval{5000};
  /// Whether a thread of the store's own calls maintain(). Without it, the owner does.
  bool background = true;
  const lmdb::HostClock* clock = nullptr;  ///< nullptr: the host's.
};

/// A batch is one transaction; one that only reads takes no lock. What was answered survives the
/// end of the process at any moment. After a loss of power the store is as it was at most about
/// checkpoint_interval before.
///
/// The `now` of calls is the wall clock only: values expire by store::Timeline.
///
/// A process may have a file open once at a time. It must not fork and use the store in the child.
class LmdbStore final : public store::Store {
 public:
  /// \return unavailable: directory or file cannot be used as they are; they are left alone.
  ///         full: no room on the disk.
  [[nodiscard]] static Expected<std::unique_ptr<LmdbStore>, store::Failure> open(
      const LmdbOptions& options, store::Time now);
  LmdbStore(const LmdbStore&) = delete;
  LmdbStore& operator=(const LmdbStore&) = delete;
  ~LmdbStore() override;

  [[nodiscard]] Expected<std::vector<store::Result>, store::Failure> run(
      std::span<const store::Operation> operations, store::Time now) override;
  [[nodiscard]] Expected<std::vector<store::Item>, store::Failure> scan(std::string_view prefix,
                                                                        std::string& cursor,
                                                                        std::size_t limit,
                                                                        store::Time now) override;
  [[nodiscard]] Expected<std::size_t, store::Failure> sweep(std::size_t limit,
                                                            store::Time now) override;
  [[nodiscard]] Expected<store::Statistics, store::Failure> statistics() override;

  /// Checkpoint, look for dead readers, open again what broke or was replaced. Every second or so.
  void maintain();
  /// What happened to the file when it was opened (last), for the operator; empty: nothing.
  [[nodiscard]] std::string note() const;
  /// Why the last maintain() failed, or that items go before their time.
  [[nodiscard]] std::string trouble() const override;

 private:
  using Session = lmdb::Session;
  explicit LmdbStore(const LmdbOptions& options);

  [[nodiscard]] Unexpected<store::Failure> report(int code);
  [[nodiscard]] Unexpected<store::Failure> not_open() const;
  [[nodiscard]] store::Time store_time() const;
  [[nodiscard]] store::Timeline timeline() const;
  int run_reading(std::span<const store::Operation> operations,
                  std::vector<store::Result>& results);
  int run_writing(std::span<const store::Operation> operations,
                  std::vector<store::Result>& results);
  int write_batch(std::span<const store::Operation> operations,
                  std::vector<store::Result>& results);
  int scan_items(std::string_view prefix, std::string& cursor, std::size_t limit, store::Time now,
                 std::vector<store::Item>& items);
  int sweep_some(std::size_t limit, std::size_t& removed);
  int recycle_pages();
  void count_touches(std::size_t operations);
  void wake_if_due();
  int maintain_session();
  void reopen();
  void set_trouble(std::string text);
  void work();

  const LmdbOptions options_;
  const lmdb::HostClock& clock_;
  mutable std::shared_mutex gate_;    // whoever uses session_ holds it, shared
  std::unique_ptr<Session> session_;  // nullptr while it cannot be opened
  std::atomic<bool> broken_ = false;
  std::atomic<std::int64_t> wall_ = 0;  // the last `now`, milliseconds
  std::atomic<std::uint64_t> unreadable_ = 0;
  std::atomic<std::uint64_t> touches_ = 0;
  const lmdb::ResidentPages pages_;
  std::atomic<std::uint64_t> resident_after_drop_ = 0;  // bytes; what is not ours, mostly
  std::mutex sweeping_;
  store::Room room_;                // under sweeping_
  std::atomic<bool> short_{false};  // as room_ said last
  std::mutex maintaining_;
  store::Lifetime last_attempt_{};  // to open again; under maintaining_
  mutable std::mutex trouble_mutex_;
  std::string trouble_;  // under trouble_mutex_
  std::mutex wake_mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // under wake_mutex_
  bool woken_ = false;     // under wake_mutex_
  std::thread worker_;
};

}  // namespace postern::io
