// Signals of a daemon as values that one thread waits for.
#pragma once

#include <chrono>
#include <optional>

namespace postern::io {

/// SIGTERM, SIGINT, SIGHUP, and SIGUSR1 as values. Made before any other thread, which then
/// inherits them blocked; nobody else may wait for them (lib/io/milter keeps libmilter from doing
/// so).
class Signals {
 public:
  Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals() = default;  // the process ends with them blocked

  /// Waits for the next one, but not longer than `timeout`: then nothing.
  [[nodiscard]] std::optional<int> next(std::chrono::milliseconds timeout) const;

  /// Makes next() return SIGTERM, from any thread.
  static void request_stop() noexcept;
};

}  // namespace postern::io
