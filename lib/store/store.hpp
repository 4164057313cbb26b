// A place that keeps small values for a while, shared by threads, processes, or hosts.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/store/operation.hpp"

namespace postern::store {

/// Why a store could not do what it was asked. Nothing is known of what a failed batch has done.
struct Failure {
  enum class Kind {
    unavailable,  ///< Gone, slow, refusing, read-only: later it may work.
    full,         ///< No room for writing.
    corrupt       ///< What it holds cannot be read.
  };
  Kind kind = Kind::unavailable;
  std::string text;  ///< One line, fit for a log; names the file or server and the remedy.
};

struct Item {
  std::string key;
  std::string value;  ///< As the store keeps it: text for counters, see lib/store/value.hpp.
  Time expires;
};

struct Statistics {
  std::uint64_t items = 0;
  std::uint64_t bytes = 0;      ///< In use.
  std::uint64_t max_bytes = 0;  ///< 0: bounded elsewhere.
  /// How often, since the store was opened, there was something under a key of ours that was
  /// damaged or of somebody else. It counted as absent.
  std::uint64_t unreadable = 0;
};

/// Any thread may call it; calls wait for files or the network, within a bound.
class Store {
 public:
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  Store(Store&&) = delete;
  Store& operator=(Store&&) = delete;
  virtual ~Store() = default;

  /// Runs operations in order, each atomic by itself; one Result for each, of the kind its
  /// operation names.
  [[nodiscard]] virtual Expected<std::vector<Result>, Failure> run(
      std::span<const Operation> operations, Time now) = 0;

  /// Items whose keys begin with `prefix`, in no order that means anything; about `limit` behind
  /// `cursor`, which it moves on and empties at the end. Begin with an empty cursor, and go on
  /// until it is empty, even when no items came. An item may come twice while others write.
  [[nodiscard]] virtual Expected<std::vector<Item>, Failure> scan(std::string_view prefix,
                                                                  std::string& cursor,
                                                                  std::size_t limit, Time now) = 0;

  /// Removes what has expired and makes room when little is left, at most `limit` items of it.
  /// \return How many were removed; fewer than `limit`: there is no more to do.
  [[nodiscard]] virtual Expected<std::size_t, Failure> sweep(std::size_t limit, Time now) = 0;

  [[nodiscard]] virtual Expected<Statistics, Failure> statistics() = 0;

  /// What is wrong although calls succeed, such as that nothing can be synced to the disk; one line
  /// for the operator. Empty: nothing.
  [[nodiscard]] virtual std::string trouble() const { return {}; }
};

}  // namespace postern::store
