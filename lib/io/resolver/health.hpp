// Decides from the answers that come in whether the name servers work at all.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/io/resolver/mailbox.hpp"

namespace postern::io {

struct HealthChange {
  bool up = false;
  std::string detail;  ///< Fit for a log line.
};

/// One broken domain is nobody's business; several different ones in a row without a single answer
/// between them mean that our own resolver does not answer. Starts as up.
class HealthMonitor {
 public:
  /// Failures at names under that many different domains (last two labels) in a row mean down;
  static constexpr std::size_t max_domains = 3;
  /// so do that many failures at whatever names.
  static constexpr unsigned max_failures = 20;

  /// \param name  In the form of parse_name.
  /// \param sent  A question sent before the last success tells of an outage that is over.
  [[nodiscard]] std::optional<HealthChange> failure(std::string_view name, Clock::time_point sent);
  [[nodiscard]] std::optional<HealthChange> success(Clock::time_point now);

 private:
  bool up_ = true;
  std::optional<Clock::time_point> last_success_;
  unsigned failures_ = 0;             // since the last success
  std::vector<std::string> domains_;  // those of the failures, at most max_domains
};

}  // namespace postern::io
