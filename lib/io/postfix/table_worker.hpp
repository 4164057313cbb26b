// The thread in which Postfix's tables are asked: lookups of all requests that wait go together.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "lib/io/asio/event_loop.hpp"
#include "lib/io/postfix/table_reader.hpp"
#include "lib/recipients/lookups.hpp"

namespace postern::io {

/// Used from the loop's thread. Names are read when a request finds them older than
/// TableSettings::cache_time; nothing runs while nobody asks.
class TableWorker {
 public:
  /// Gets its lookups back, and one answer for each.
  using Callback =
      std::function<void(std::vector<recipients::Lookup>, std::vector<recipients::Answer>)>;

  /// \param loop  Outlives the worker; callbacks run in it.
  TableWorker(EventLoop& loop, TableSettings settings);
  TableWorker(const TableWorker&) = delete;
  TableWorker& operator=(const TableWorker&) = delete;
  TableWorker(TableWorker&&) = delete;
  TableWorker& operator=(TableWorker&&) = delete;
  /// Waits for the process that runs, at most TableSettings::timeout.
  ~TableWorker();

  /// What to expand a recipient by, for all of its rounds: what was read last; nullptr before the
  /// first run(), and while it could not be read.
  [[nodiscard]] TableReader::SharedNames names() const { return reader_.names(); }
  /// The same, but nullptr as well when it is time to read it again, by run() without lookups.
  [[nodiscard]] TableReader::SharedNames fresh_names() const {
    return TableReader::Clock::now() < reader_.names_due() ? reader_.names() : nullptr;
  }
  /// Why it could not be read the last time; empty: it could. To be logged once.
  [[nodiscard]] std::string names_problem() const { return reader_.names_problem(); }

  /// The answers if nothing has to be asked; else none.
  [[nodiscard]] std::vector<recipients::Answer> find_known(
      const std::vector<recipients::Lookup>& lookups) {
    return reader_.find_known(lookups);
  }
  /// \param lookups   None: the callback comes as soon as names() were read or could not be.
  /// \param callback  Called once, never from within run(), unless the worker ends before that.
  ///                  Tables that hang and too many requests that wait are answers too: failures.
  void run(std::vector<recipients::Lookup> lookups, Callback callback);

 private:
  struct Job {
    std::vector<recipients::Lookup> lookups;
    Callback callback;
  };

  void work();
  [[nodiscard]] std::vector<Job> wait_for_jobs();
  void answer(std::vector<Job> jobs);
  void post(Job job, std::vector<recipients::Answer> answers);

  EventLoop& loop_;
  TableReader reader_;
  std::mutex mutex_;
  std::condition_variable arrival_;
  std::vector<Job> jobs_;    // guarded by mutex_
  bool is_stopped_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace postern::io
