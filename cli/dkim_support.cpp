#include "cli/dkim_support.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "cli/evaluation.hpp"
#include "cli/key_directory_option.hpp"
#include "lib/dkim/key_record.hpp"
#include "lib/io/files/config_files.hpp"
#include "lib/io/files/host_name.hpp"
#include "lib/io/idn2/to_ascii_domain.hpp"
#include "lib/io/openssl/private_key.hpp"
#include "lib/io/wall_clock.hpp"
#include "lib/keyring/life_cycle.hpp"
#include "lib/keyring/record_forms.hpp"
#include "lib/parameters/parameters.hpp"
#include "lib/report/json.hpp"
#include "lib/report/log_line.hpp"

namespace postern::cli {
namespace {

constexpr std::size_t questions_at_once = 100;

Unexpected<std::string> refuse(std::string problem) {
  return Unexpected<std::string>(std::move(problem));
}

}  // namespace

Expected<DkimSurroundings, std::string> prepare(const DkimOptions& options) {
  auto document = load_document(options.config_file);
  if (!document) return refuse(document.error());
  if (options.keys.empty() && !options.quiet) note_absent_config(options.config_file);
  const auto path = find_key_directory(options.keys, *document);
  if (!path) return refuse(path.error());
  const std::int64_t now = options.time.value_or(io::seconds_since_epoch());
  if (now < 0 || now > keyring::max_time) return refuse("--time: is no time after 1970");
  std::string domain;
  if (!options.domain.empty()) {
    const auto ascii = io::to_ascii_domain(options.domain);
    if (!ascii) return refuse("\"" + report::escape(options.domain) + "\" is no domain name");
    domain = *ascii;
  }
  return DkimSurroundings{io::KeyDirectory(*path), domain, now, std::move(*document)};
}

Expected<dns::Answers, std::string> ask_dns(const DkimOptions& options,
                                            const DkimSurroundings& surroundings,
                                            const dns::Questions& questions) {
  dns::Answers answers;
  if (questions.empty()) return answers;
  const auto configuration = parameters::load(surroundings.document, io::host_name());
  if (!configuration) return refuse(configuration.error().text());
  const checks::GeneralSettings& settings = (*configuration)->general;
  const auto resolver = make_resolver(options.zone_file, settings);
  if (!resolver) return refuse(resolver.error());
  // Each batch has a budget of its own: the keys may be many, and nobody waits at an SMTP session.
  for (std::size_t at = 0; at < questions.size(); at += questions_at_once) {
    const auto begin = questions.begin() + static_cast<std::ptrdiff_t>(at);
    const auto size = std::min(questions_at_once, questions.size() - at);
    const auto inquiry = (*resolver)->inquiry(
        {settings.dns_budget, settings.dns_timeout, static_cast<unsigned>(questions_at_once)});
    inquiry->ask({begin, begin + static_cast<std::ptrdiff_t>(size)});
    inquiry->wait(answers);
  }
  return answers;
}

Expected<std::unique_ptr<KeyChange>, std::string> KeyChange::begin(
    const DkimSurroundings& surroundings) {
  auto lock = surroundings.directory.lock();
  if (!lock) return refuse(lock.error());
  auto index = surroundings.directory.load_index();
  if (!index) return refuse(index.error());
  return std::unique_ptr<KeyChange>(
      new KeyChange(surroundings.directory, surroundings.now, std::move(*lock), std::move(*index)));
}

KeyChange::~KeyChange() {
  if (committed_) return;
  for (const keyring::Key& key : made_) (void)directory_.delete_key(lock_, key);
}

Expected<keyring::Key, std::string> KeyChange::make_key(const std::string& domain,
                                                        dkim::PublicKey::Type type,
                                                        const std::string& selector,
                                                        unsigned rsa_bits) {
  keyring::Key key;
  key.domain = domain;
  key.selector = selector;
  key.type = type;
  key.created = now_;
  if (const auto* used = index_.find_used(domain, selector, now_)) {
    return refuse(domain + " had a key with selector " + selector +
                  ", whose record may still be in caches; name another one, or wait until " +
                  keyring::format_date(used->until));
  }
  if (selector.empty()) {
    const auto has_file = [&](const std::string& taken) {
      key.selector = taken;
      return directory_.has_key_file(key);
    };
    auto chosen = keyring::new_selector(index_, domain, type, now_, has_file);
    if (!chosen) return refuse(chosen.error());
    key.selector = std::move(*chosen);
  }
  const io::NewPrivateKey pair = io::generate_private_key(type, rsa_bits);
  key.record = dkim::format_key_record(pair.public_key);
  const auto added = add_key(key, pair.pem);
  if (!added) return refuse(added.error());
  return key;
}

Expected<void, std::string> KeyChange::add_key(const keyring::Key& key, std::string_view text) {
  auto added = index_.add(key);
  if (!added) return added;
  auto stored = directory_.store_key(lock_, key, text);
  if (stored) {
    made_.push_back(key);
  } else {
    index_.remove(key.domain, key.selector);
  }
  return stored;
}

Expected<void, std::string> KeyChange::commit() {
  if (!(index_ == before_)) {
    auto stored = directory_.store_index(lock_, index_);
    if (!stored) return stored;
  }
  committed_ = true;
  for (const keyring::Key& key : doomed_) {
    auto deleted = directory_.delete_key(lock_, key);
    if (!deleted) return deleted;
  }
  return {};
}

std::string describe(const keyring::Key& key) {
  std::string text = key.selector + " (" + std::string(keyring::to_word(key.type));
  if (key.type == dkim::PublicKey::Type::rsa) {
    text += ", " + std::to_string(key_bits(key)) + " bits";
  }
  return text + ")";
}

nlohmann::ordered_json to_json(const keyring::Key& key) {
  const auto time = [](const std::optional<std::int64_t>& value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
  };
  return {{"domain", key.domain},
          {"selector", key.selector},
          {"type", keyring::to_word(key.type)},
          {"bits", key_bits(key)},
          {"state", to_word(key.state)},
          {"created", key.created},
          {"seen", time(key.seen)},
          {"activated", time(key.activated)},
          {"retired", time(key.retired)},
          {"file", key.file()},
          {"name", key.record_name()},
          {"record", key.wanted_record()}};
}

void print_json(const char* name, const std::vector<keyring::Key>& keys) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const keyring::Key& key : keys) list.push_back(to_json(key));
  const nlohmann::ordered_json document = {{name, std::move(list)}};
  std::printf("%s\n", report::dump(document).c_str());
}

void print_records(const std::vector<keyring::Key>& keys) {
  for (const keyring::Key& key : keys) {
    std::printf("\n%s", keyring::record_for_zone(key).c_str());
  }
  if (keys.empty()) return;
  std::printf("\nFor the form of a DNS provider: postern dkim show %s --form provider\n",
              keys.front().domain.c_str());
}

}  // namespace postern::cli
