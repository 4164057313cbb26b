// The thread in which the store is asked: operations of all requests that wait go in one batch.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "lib/io/asio/event_loop.hpp"
#include "lib/io/log/log.hpp"
#include "lib/io/store/open_store.hpp"
#include "lib/store/store.hpp"

namespace postern::io {

/// One store, opened when it can be and again after it was lost. Used from the loop's thread.
class StoreWorker {
 public:
  using Opened = Expected<OpenedStore, store::Failure>;
  using Opener = std::function<Opened()>;
  using Results = Expected<std::vector<store::Result>, store::Failure>;
  /// Gets its operations back.
  using Callback = std::function<void(std::vector<store::Operation>, const Results&)>;

  /// \param loop  Outlives the worker; callbacks run in it.
  /// \param open  Called in the worker's thread; tried again every few seconds when it fails.
  StoreWorker(EventLoop& loop, Log& log, Opener open);
  StoreWorker(const StoreWorker&) = delete;
  StoreWorker& operator=(const StoreWorker&) = delete;
  StoreWorker(StoreWorker&&) = delete;
  StoreWorker& operator=(StoreWorker&&) = delete;
  /// Runs what was asked before, without calling anybody back.
  ~StoreWorker();

  /// \param callback  Called once with one result per operation or the failure; empty: nobody
  ///                  wants to know, and if `operations` only count, they may wait for a second.
  void run(std::vector<store::Operation> operations, Callback callback);

 private:
  struct Job {
    std::vector<store::Operation> operations;
    Callback callback;
  };
  using Jobs = std::vector<Job>;

  void count_later(std::vector<store::Operation> operations);
  void work();
  Jobs wait_for_jobs();
  static bool writes(const Job& job);
  void add_counts(Jobs& jobs);
  void run_batch(Jobs jobs);
  bool is_open();
  void answer(Jobs jobs, Results results);
  void note(const std::optional<store::Failure>& failure, bool only_reads);
  void sweep();
  void note_trouble(const std::string& trouble);

  EventLoop& loop_;
  Log& log_;
  const Opener open_;

  std::mutex mutex_;
  std::condition_variable arrival_;
  Jobs jobs_;                      // guarded by mutex_
  std::vector<store::Add> later_;  // guarded by mutex_
  bool stopped_ = false;           // guarded by mutex_

  // Only the worker's thread:
  std::unique_ptr<store::Store> store_;
  std::optional<store::Failure> failure_;  // of the last batch that says how the store is
  bool failed_writing_ = false;            // that one did more than read
  std::string trouble_;                    // of the store, as last logged
  std::chrono::steady_clock::time_point open_again_{};
  std::chrono::steady_clock::time_point trouble_forgotten_{};
  std::chrono::steady_clock::time_point sweep_again_{};

  std::thread thread_;
};

}  // namespace postern::io
