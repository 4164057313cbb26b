// Lists that have told us not to ask them, left alone for a while (dns_block_rule).
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace postern::antispam {

/// How long a list that refuses us is not asked: SpamAssassin's own dns_block_time.
constexpr std::int64_t block_seconds = 300;

/// Callable from any thread. As many entries as the configuration names domains.
class BlockedLists {
 public:
  /// \param now  Seconds since the epoch.
  void block(std::span<const std::string> domains, std::int64_t now) {
    const std::lock_guard lock(mutex_);
    for (const std::string& domain : domains) since_.insert_or_assign(domain, now);
  }

  [[nodiscard]] std::vector<std::string> at(std::int64_t now) const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> domains;
    for (const auto& [domain, since] : since_) {
      if (now >= since && now - since <= block_seconds) domains.push_back(domain);
    }
    return domains;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::int64_t> since_;
};

}  // namespace postern::antispam
