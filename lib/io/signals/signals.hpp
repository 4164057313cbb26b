// Signals of a daemon as values that one thread waits for.
#pragma once

namespace postern::io {

/// Keeps the daemon's signals from every thread made while it lives, so that only Signals sees
/// them.
class BlockedSignals {
 public:
  BlockedSignals();
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;
  ~BlockedSignals() = default;  // the process ends with them blocked
};

/// Catches SIGTERM, SIGINT, SIGHUP, and SIGUSR1 in the thread that made it, which must be the first
/// of the process. libmilter waits for three of them in a thread of its own and would stop at
/// SIGHUP; the kernel prefers the first thread as long as that has them unblocked, hence handlers
/// and not sigwait().
class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  /// Waits for the next one; 0 after wake().
  [[nodiscard]] int next();
  /// Ends next(), from any thread.
  void wake() noexcept;
};

}  // namespace postern::io
