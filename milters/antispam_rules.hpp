// The rules by which the milter judges, read again when it is told so.
#pragma once

#include <memory>
#include <mutex>

#include "lib/antispam/filter/state.hpp"
#include "lib/antispam/settings/settings.hpp"
#include "lib/io/filter/filter_loader.hpp"
#include "lib/io/log/log.hpp"

namespace postern {

/// Messages keep the rules they began with.
class AntispamRules {
 public:
  explicit AntispamRules(io::Log& log);

  [[nodiscard]] std::shared_ptr<const antispam::FilterState> get() const;
  /// Reads the rules that the settings name. Where that fails, those in use
  /// stay, and the log says why. Takes up to a second; messages are judged
  /// meanwhile.
  void reload(const antispam::Settings& settings);

 private:
  void report(const antispam::FilterState& state) const;

  io::Log& log_;
  const io::FilterLoader loader_;
  mutable std::mutex mutex_;
  std::shared_ptr<const antispam::FilterState> state_;
};

}  // namespace postern
