#include "lib/io/resolver/health.hpp"

#include <algorithm>
#include <utility>

#include "lib/io/resolver/packet.hpp"

namespace postern::io {
namespace {

std::string_view domain_of(std::string_view name) {
  const std::size_t last = name.rfind('.');
  if (last == name.npos || last == 0) return name;
  const std::size_t dot = name.rfind('.', last - 1);
  return dot == name.npos ? name : name.substr(dot + 1);
}

}  // namespace

std::optional<HealthChange> HealthMonitor::failure(std::string_view name, Clock::time_point sent) {
  if (last_success_ && sent <= *last_success_) return std::nullopt;
  ++failures_;
  const std::string_view domain = domain_of(name);
  const bool is_new = std::find(domains_.begin(), domains_.end(), domain) == domains_.end();
  if (is_new && domains_.size() < max_domains) domains_.emplace_back(domain);
  if (!up_ || (domains_.size() < max_domains && failures_ < max_failures)) return std::nullopt;
  up_ = false;
  return HealthChange{false, std::to_string(failures_) + " DNS questions failed in a row, last " +
                                 escaped_name(name)};
}

std::optional<HealthChange> HealthMonitor::success(Clock::time_point now) {
  last_success_ = now;
  const bool was_up = std::exchange(up_, true);
  const unsigned failures = std::exchange(failures_, 0);
  domains_.clear();
  if (was_up) return std::nullopt;
  return HealthChange{true,
                      "DNS answers again after " + std::to_string(failures) + " failed questions"};
}

}  // namespace postern::io
