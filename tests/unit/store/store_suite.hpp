// What every store must do, as checks that run against each of them.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lib/store/store.hpp"

namespace postern::test {

/// A store under test, and its time.
class StoreFixture {
 public:
  StoreFixture() = default;
  StoreFixture(const StoreFixture&) = delete;
  StoreFixture& operator=(const StoreFixture&) = delete;
  virtual ~StoreFixture() = default;

  [[nodiscard]] virtual store::Store& store() = 0;
  /// Moves the clock of callers and, where the store has one, its own.
  virtual void advance(store::Lifetime duration) { now += duration; }
  /// Lets time pass so that lifetimes end.
  virtual void pass(store::Lifetime duration) { advance(duration); }

  /// Runs one operation; a failure is a failed check.
  store::Result ask(const store::Operation& operation);
  template <typename R>
  R ask_for(const store::Operation& operation) {
    return std::get<R>(ask(operation));
  }

  store::Time now{std::chrono::hours(24 * 365 * 56)};
};

/// Sections that go through all operations.
void check_operations(StoreFixture& fixture);
/// Lifetimes, scans, sweeps.
void check_lifetimes(StoreFixture& fixture);
/// Random operations have the same results as in memory.
void check_same_as_memory(StoreFixture& fixture, unsigned seed, int operations);
/// 32 threads, all taking from one limit of 1000; exactly that many are admitted.
void check_exact_limit(const std::vector<store::Store*>& stores, store::Time now);

}  // namespace postern::test
