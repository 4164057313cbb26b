// Where the daemon's lines go: standard error, which the journal or a supervisor keeps.
#pragma once

#include <memory>

#include "lib/event/catalogue.hpp"
#include "lib/report/log_line.hpp"

namespace spdlog {
class logger;
}

namespace postern::io {

/// Writes whole lines, from any thread. A line that cannot be written is dropped: mail goes on.
class Log {
 public:
  Log();
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// Begins a line of this event.
  [[nodiscard]] static report::LogLine line(const event::Event& event) {
    return report::LogLine(event.name);
  }
  void write(const event::Event& event, const report::LogLine& line) noexcept;

 private:
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace postern::io
