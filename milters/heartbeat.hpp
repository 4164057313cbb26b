// Tells systemd that the milter is alive, as long as it answers.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "lib/doctor/endpoint.hpp"
#include "lib/io/log/log.hpp"

namespace postern {

/// The thread that beats is not one of libmilter's, so it proves nothing by itself: before each
/// sign of life it negotiates with the milter at its own socket, as Postfix does.
class Heartbeat {
 public:
  /// \param socket  milter.socket, which listens already.
  Heartbeat(const std::string& socket, io::Log& log);

  /// Gives the sign when it is time, and the milter has answered; called every second. Waits two
  /// seconds at most, and none when systemd does not ask for signs (WatchdogSec=).
  void beat();

 private:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] std::string find_problem() const;
  /// Says once that the milter does not answer.
  void note(const std::string& problem);

  io::Log& log_;
  const std::optional<std::chrono::milliseconds> interval_;
  std::optional<doctor::Endpoint> endpoint_;
  Clock::time_point next_{};
  bool has_problem_ = false;
};

}  // namespace postern
