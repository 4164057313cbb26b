#include "lib/io/log/log.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <mutex>
#include <string>

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>

namespace postern::io {
namespace {

mode_t kind_of(int descriptor) {
  struct stat what {};
  return ::fstat(descriptor, &what) == 0 ? what.st_mode : 0;
}

// Standard error, without ever waiting for who reads it: a line that does not fit into a full pipe
// is lost, and the next one that fits says how many were. A pipe that is ready takes a line as a
// whole, since no line is longer than PIPE_BUF allows it to promise; so does the journal's socket,
// which is asked not to wait. A file is written to, however slow the disk.
class PatientSink final : public spdlog::sinks::base_sink<std::mutex> {
 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (!is_ready()) {
      ++lost_;
      return;
    }
    spdlog::memory_buf_t text;
    if (lost_ > 0) {
      const std::string count = Log::line(event::lines_lost).add("count", lost_).text();
      formatter_->format({message.logger_name, spdlog::level::warn, count}, text);
    }
    formatter_->format(message, text);
    lost_ = is_written(text) ? 0 : lost_ + 1;
  }
  void flush_() override {}

  [[nodiscard]] bool is_ready() const {
    if (S_ISREG(kind_) || S_ISSOCK(kind_)) return true;
    pollfd ready{STDERR_FILENO, POLLOUT, 0};
    return ::poll(&ready, 1, 0) == 1 && (ready.revents & POLLOUT) != 0;
  }
  [[nodiscard]] bool is_written(const spdlog::memory_buf_t& text) const {
    constexpr int patience = MSG_DONTWAIT | MSG_NOSIGNAL;
    return (S_ISSOCK(kind_) ? ::send(STDERR_FILENO, text.data(), text.size(), patience)
                            : ::write(STDERR_FILENO, text.data(), text.size())) >= 0;
  }

  const mode_t kind_ = kind_of(STDERR_FILENO);
  std::int64_t lost_ = 0;
};

spdlog::level::level_enum to_level(event::Severity severity) {
  switch (severity) {
    case event::Severity::info: return spdlog::level::info;
    case event::Severity::warning: return spdlog::level::warn;
    case event::Severity::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

}  // namespace

Log::Log() : logger_(std::make_shared<spdlog::logger>("postern", std::make_shared<PatientSink>())) {
  // The journal adds time and name; "<6>" in front would need to know that it reads us.
  logger_->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  logger_->set_error_handler([](const std::string&) {});
}

Log::~Log() = default;

void Log::write(const event::Event& event, const report::LogLine& line) noexcept {
  try {
    logger_->log(to_level(event.severity), spdlog::string_view_t(line.text()));
  } catch (...) {  // NOLINT(bugprone-empty-catch): a full disk must not stop mail
  }
}

}  // namespace postern::io
