#include "milters/outbound.hpp"

#include <utility>

#include "lib/keyring/life_cycle.hpp"

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

Outbound::Outbound(const checks::Configuration& configuration, io::Log& log) : log_(log) {
  reconfigure(configuration);
}

std::shared_ptr<const dkim::KeySource> Outbound::keys() const {
  auto current = ring();
  return current == nullptr || current->is_empty() ? nullptr : current;
}

std::shared_ptr<const io::KeyRing> Outbound::ring() const {
  const std::lock_guard lock(mutex_);
  return ring_;
}

void Outbound::use(std::shared_ptr<const io::KeyRing> ring) {
  const std::lock_guard lock(mutex_);
  ring_ = std::move(ring);
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
  arc_domain_ = configuration.signing.arc_domain;
  parent_domains_ = configuration.signing.parent_domains;
  told_of_ = {};
  load_keys();
}

void Outbound::refresh() {
  // A mended file or a moment without memory does not change the index.
  const bool shall_retry = !problems_.empty() && Clock::now() >= retry_at_;
  if (shall_retry || directory_->generation() != generation_) load_keys();
}

void Outbound::load_keys() {
  generation_ = directory_->generation();
  const auto before = ring();
  if (before != nullptr && !before->usable().keys().empty() && generation_.inode == 0) {
    return report_problems({directory_->index_file() + ": is gone"}, event::keys_unreadable);
  }
  auto loaded = io::KeyRing::load(*directory_, before.get());
  if (!loaded) {
    // Without any keys known before, mail that should be signed could not be told from other mail.
    if (before == nullptr) use(io::KeyRing::unreadable(loaded.error()));
    return report_problems({loaded.error()}, event::keys_unreadable);
  }
  std::vector<std::string> problems = (*loaded)->problems();
  if (std::string problem = find_seal_problem(**loaded); !problem.empty()) {
    problems.push_back(std::move(problem));
  }
  report_problems(std::move(problems), event::key_unusable);
  report_keys(**loaded);
  use(std::move(*loaded));
}

void Outbound::report_keys(const io::KeyRing& ring) {
  const std::size_t count = ring.usable().keys().size();
  const bool is_news = count != told_keys_ || (count > 0 && !(told_of_ == generation_));
  told_of_ = generation_;
  told_keys_ = count;
  if (!is_news) return;
  auto line = io::Log::line(event::keys_loaded);
  line.add("keys", static_cast<std::int64_t>(count));
  line.add("domains", static_cast<std::int64_t>(keyring::domains(ring.usable()).size()));
  log_.write(event::keys_loaded, line);
}

std::string Outbound::find_seal_problem(const io::KeyRing& ring) const {
  if (arc_domain_.empty()) return {};
  for (const dkim::SigningKey& key : ring.keys_for(arc_domain_, parent_domains_)) {
    if (key.key->public_key().type == dkim::PublicKey::Type::rsa) return {};
  }
  return "signing.arc_domain: no RSA key of " + arc_domain_ +
         " signs, so that no message gets an ARC seal; see: postern dkim list " + arc_domain_;
}

void Outbound::report_problems(std::vector<std::string> problems, const event::Event& event) {
  retry_at_ = Clock::now() + retry_interval;
  if (problems == problems_) return;
  problems_ = std::move(problems);
  for (const std::string& problem : problems_) {
    log_.write(event, io::Log::line(event).add("problem", problem));
  }
}

}  // namespace postern
