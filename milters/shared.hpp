// What all sessions of the daemon share.
#pragma once

#include <memory>
#include <mutex>

#include "lib/checks/configuration.hpp"
#include "lib/checks/transaction.hpp"
#include "lib/io/log/log.hpp"
#include "lib/io/resolver/resolver.hpp"
#include "lib/io/scanner/scanner.hpp"
#include "milters/antispam_rules.hpp"
#include "milters/in_flight.hpp"
#include "milters/outbound.hpp"
#include "milters/verdict_feed.hpp"

namespace postern {

/// The configuration in use. Messages keep the one they began with.
class CurrentConfiguration {
 public:
  explicit CurrentConfiguration(std::shared_ptr<const checks::Configuration> first)
      : configuration_(std::move(first)) {}

  [[nodiscard]] std::shared_ptr<const checks::Configuration> get() const {
    const std::lock_guard lock(mutex_);
    return configuration_;
  }
  void set(std::shared_ptr<const checks::Configuration> next) {
    const std::lock_guard lock(mutex_);
    configuration_ = std::move(next);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const checks::Configuration> configuration_;
};

/// Outlives every session.
struct Shared {
  CurrentConfiguration configuration;
  const checks::Services services;
  io::Resolver& resolver;
  io::Scanner& scanner;
  io::Log& log;
  Outbound& outbound;
  VerdictFeed& feed;
  const AntispamRules& antispam;
  InFlight in_flight{};
};

}  // namespace postern
