// Postfix's names and tables, asked through postconf(1) and postmap(1).
//
// What postmap(1) of Postfix 3.7 does with "-q -" (tried; table_reader_test.cpp keeps it so): each
// line of its input is one key as it is, with blanks, "#", and quotes, folded to lower case only by
// tables of fixed keys. Each one found is printed as it was given, with TAB and the value; lines of
// a value in a file come as one. An empty line and a key that is not UTF-8 are found nowhere. When
// a table fails for one key, nothing is said of those behind it, the exit status is 1 as if
// nothing had been found, and the process sleeps for a second before it ends. For two seconds
// after main.cf has changed every program of Postfix waits until nobody seems to write it any more.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/io/postfix/lookup_cache.hpp"
#include "lib/recipients/lookups.hpp"
#include "lib/recipients/names.hpp"

namespace postern::io {

struct TableSettings {
  std::string config_directory;                     ///< Of Postfix.
  std::chrono::milliseconds timeout{1000};          ///< Of one process.
  std::chrono::milliseconds cache_time{60 * 1000};  ///< How long answers and names are used again.
  std::chrono::milliseconds failure_time{10 * 1000};  ///< How long what failed is not tried again.
  std::size_t cached_lookups = 10000;
};

/// Thread-safe.
class TableReader {
 public:
  using Clock = std::chrono::steady_clock;
  using SharedNames = std::shared_ptr<const recipients::Names>;

  explicit TableReader(TableSettings settings);

  [[nodiscard]] std::chrono::milliseconds timeout() const { return settings_.timeout; }

  /// What was read last; nullptr while nothing was. Does not wait.
  [[nodiscard]] SharedNames names() const;
  /// When they have to be read next.
  [[nodiscard]] Clock::time_point names_due() const;
  /// Why names could not be read the last time; empty: they could.
  [[nodiscard]] std::string names_problem() const;
  /// Reads them if they are due. What was read before stays when that fails.
  void refresh_names(Clock::time_point deadline);

  /// One answer for each lookup, by one process for each table that is not known well enough. A
  /// table that fails is not asked for TableSettings::failure_time, by any key, so that one that
  /// hangs delays few.
  /// \param deadline  Blocks no longer than this; what is not known then is a failure.
  [[nodiscard]] std::vector<recipients::Answer> look_up(
      const std::vector<recipients::Lookup>& lookups, Clock::time_point deadline);
  /// The same if nothing has to be asked; else none. Does not wait.
  [[nodiscard]] std::vector<recipients::Answer> find_known(
      const std::vector<recipients::Lookup>& lookups);

  /// From now on look_up() and refresh_names() start no process.
  void stop() { is_stopped_ = true; }

 private:
  using Values = std::map<std::string, std::string>;
  struct Failure {
    std::string reason;
    Clock::time_point expires;
  };

  [[nodiscard]] bool find_known(const recipients::Lookup& lookup, recipients::Answer& answer);
  [[nodiscard]] std::vector<recipients::Answer> ask(const std::string& table,
                                                    const std::vector<std::string>& keys,
                                                    Clock::time_point deadline);
  [[nodiscard]] Expected<Values, std::string> run(const std::string& table,
                                                  const std::vector<std::string>& keys,
                                                  Clock::time_point deadline) const;

  const TableSettings settings_;
  std::atomic<bool> is_stopped_{false};
  mutable std::mutex mutex_;  // guards all below; never held while a program runs
  SharedNames names_;
  Clock::time_point names_due_{};
  std::string names_problem_;
  LookupCache cache_;
  std::map<std::string, Failure> failures_;  // by table
};

}  // namespace postern::io
