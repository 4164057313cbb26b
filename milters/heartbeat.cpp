#include "milters/heartbeat.hpp"

#include "lib/event/catalogue.hpp"
#include "lib/io/probe/servers.hpp"
#include "lib/io/systemd/service_manager.hpp"

namespace postern {
namespace {

// An answer takes a millisecond; signals wait meanwhile.
constexpr std::chrono::milliseconds patience{2000};

std::optional<doctor::Endpoint> parse_endpoint(const std::string& socket) {
  auto endpoint = doctor::parse_libmilter_endpoint(socket);
  if (!endpoint) return std::nullopt;
  return std::move(*endpoint);
}

}  // namespace

Heartbeat::Heartbeat(const std::string& socket, io::Log& log)
    : log_(log), interval_(io::watchdog_interval()), endpoint_(parse_endpoint(socket)) {}

void Heartbeat::beat() {
  if (!interval_ || Clock::now() < next_) return;
  const std::string problem = find_problem();
  note(problem);
  if (!problem.empty()) return;  // asked again in a second
  io::notify_alive();
  next_ = Clock::now() + *interval_;
}

// An address that only libmilter can read is not asked.
std::string Heartbeat::find_problem() const {
  return endpoint_ ? io::probe_milter(*endpoint_, patience) : std::string();
}

void Heartbeat::note(const std::string& problem) {
  if (!problem.empty() && !has_problem_) {
    auto line = io::Log::line(event::milter_silent);
    log_.write(event::milter_silent, line.add("problem", problem));
  }
  has_problem_ = !problem.empty();
}

}  // namespace postern
