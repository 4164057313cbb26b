#include "milters/outbound.hpp"

#include <utility>

namespace postern {
namespace {

constexpr std::chrono::seconds retry_interval{30};

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
  // A mended file or a moment without memory does not change the index.
  const bool shall_retry = !problems_.empty() && Clock::now() >= retry_at_;
  if (shall_retry || directory_->generation() != generation_) load_keys();
}

void Outbound::load_keys() {
  generation_ = directory_->generation();
  const bool had_keys = keys() != nullptr;
  if (had_keys && generation_.inode == 0) {
    return report_problems({directory_->index_file() + ": is gone"}, event::keys_unreadable);
  }
  auto loaded = io::KeyRing::load(*directory_);
  if (!loaded) return report_problems({loaded.error()}, event::keys_unreadable);
  const io::KeyRing& ring = **loaded;
  report_problems(ring.problems(), event::key_unusable);
  if (had_keys || !ring.usable().keys().empty()) {
    auto line = Log::line(event::keys_loaded);
    line.add("keys", static_cast<std::int64_t>(ring.usable().keys().size()));
    line.add("domains", static_cast<std::int64_t>(ring.domains().size()));
    log_.write(event::keys_loaded, line);
  }
  const std::lock_guard lock(mutex_);
  ring_ = std::move(*loaded);
}

void Outbound::report_problems(std::vector<std::string> problems, const event::Event& event) {
  retry_at_ = Clock::now() + retry_interval;
  if (problems == problems_) return;
  problems_ = std::move(problems);
  for (const std::string& problem : problems_) {
    log_.write(event, Log::line(event).add("problem", problem));
  }
}

}  // namespace postern
