#include "milters/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace postern {
namespace {

spdlog::level::level_enum to_level(event::Severity severity) {
  switch (severity) {
    case event::Severity::info: return spdlog::level::info;
    case event::Severity::warning: return spdlog::level::warn;
    case event::Severity::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

}  // namespace

Log::Log()
    : logger_(std::make_shared<spdlog::logger>("postern",
                                               std::make_shared<spdlog::sinks::stderr_sink_mt>())) {
  // The journal adds time and name; "<6>" in front would need to know that it reads us.
  logger_->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  logger_->set_error_handler([](const std::string&) {});
  logger_->flush_on(spdlog::level::info);
}

Log::~Log() = default;

void Log::write(const event::Event& event, const report::LogLine& line) noexcept {
  try {
    logger_->log(to_level(event.severity), "{}", line.text());
  } catch (...) {  // NOLINT(bugprone-empty-catch): a full disk must not stop mail
  }
}

}  // namespace postern
