#include "milters/outbound.hpp"

#include <utility>

namespace postern {
namespace {

std::shared_ptr<io::SenderLogins> make_logins(const checks::GeneralSettings& settings) {
  io::SenderLoginSettings logins;
  logins.maps = settings.login_maps;
  logins.config_directory = settings.postfix_config_directory;
  return std::make_shared<io::SenderLogins>(std::move(logins));
}

}  // namespace

Outbound::Outbound(const checks::Configuration& configuration, Log& log) : log_(log) {
  reconfigure(configuration);
}

std::shared_ptr<const dkim::KeySource> Outbound::keys() const {
  const std::lock_guard lock(mutex_);
  return ring_ == nullptr || ring_->usable().keys().empty() ? nullptr : ring_;
}

std::shared_ptr<io::SenderLogins> Outbound::logins() const {
  const std::lock_guard lock(mutex_);
  return logins_;
}

void Outbound::reconfigure(const checks::Configuration& configuration) {
  auto logins = make_logins(configuration.general);
  {
    const std::lock_guard lock(mutex_);
    logins_ = std::move(logins);
  }
  directory_ = std::make_unique<io::KeyDirectory>(configuration.signing.keys);
  load_keys();
}

void Outbound::refresh() {
  if (directory_->generation() != generation_) load_keys();
}

void Outbound::load_keys() {
  generation_ = directory_->generation();
  auto loaded = io::KeyRing::load(*directory_);
  if (!loaded) {
    auto line = Log::line(event::keys_unreadable);
    log_.write(event::keys_unreadable, line.add("problem", loaded.error()));
    return;
  }
  report(**loaded);
  const std::lock_guard lock(mutex_);
  ring_ = std::move(*loaded);
}

void Outbound::report(const io::KeyRing& ring) {
  for (const std::string& problem : ring.problems()) {
    log_.write(event::key_unusable, Log::line(event::key_unusable).add("problem", problem));
  }
  const bool had_none = keys() == nullptr;
  if (ring.usable().keys().empty() && had_none) return;
  auto line = Log::line(event::keys_loaded);
  line.add("keys", static_cast<std::int64_t>(ring.usable().keys().size()));
  line.add("domains", static_cast<std::int64_t>(ring.domains().size()));
  log_.write(event::keys_loaded, line);
}

}  // namespace postern
