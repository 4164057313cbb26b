// Lists that have told us not to ask them, left alone for a while (dns_block_rule).
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "lib/antispam/rules/options.hpp"

namespace postern::antispam {

/// How long a list that refuses us is not asked: SpamAssassin's own dns_block_time.
constexpr std::int64_t block_seconds = 300;

/// One time for each domain that the configuration names. Callable from any thread.
class BlockedLists {
 public:
  explicit BlockedLists(const Options& options) {
    for (const auto& [rule, domains] : options.dns_block_rules) {
      domains_.insert(domains_.end(), domains.begin(), domains.end());
    }
    since_ = std::make_unique<std::atomic<std::int64_t>[]>(domains_.size());
    for (std::size_t i = 0; i < domains_.size(); ++i) since_[i] = never;
  }

  /// \param now  Seconds since the epoch.
  void block(std::span<const std::string> refusing, std::int64_t now) {
    for (std::size_t i = 0; i < domains_.size(); ++i) {
      if (std::find(refusing.begin(), refusing.end(), domains_[i]) != refusing.end()) {
        since_[i] = now;
      }
    }
  }

  [[nodiscard]] std::vector<std::string> at(std::int64_t now) const {
    std::vector<std::string> blocked;
    for (std::size_t i = 0; i < domains_.size(); ++i) {
      const std::int64_t since = since_[i];
      if (now >= since && since >= now - block_seconds) blocked.push_back(domains_[i]);
    }
    return blocked;
  }

 private:
  static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

  std::vector<std::string> domains_;
  std::unique_ptr<std::atomic<std::int64_t>[]> since_;
};

}  // namespace postern::antispam
