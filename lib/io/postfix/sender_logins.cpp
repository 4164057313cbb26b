#include "lib/io/postfix/sender_logins.hpp"

#include <algorithm>
#include <utility>

#include "lib/base/ascii.hpp"
#include "lib/io/postfix/programs.hpp"

namespace postern::io {
namespace {

using submission::Owners;

constexpr std::chrono::seconds failure_time{2};  // how long a failed lookup is not tried again

// The local part without what follows a delimiter, unless nothing would be left.
std::string_view without_extension(std::string_view local_part, std::string_view delimiters) {
  const std::size_t at = local_part.find_first_of(delimiters, 1);
  return delimiters.empty() || local_part.empty() ? local_part : local_part.substr(0, at);
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Tables in mydestination are left out: a login without a domain then needs a row in the tables.
std::vector<std::string> local_domains(const std::vector<std::string>& words) {
  std::vector<std::string> domains;
  for (const std::string& word : words) {
    const bool is_table = word.find_first_of(":/") != word.npos;
    if (!is_table) domains.push_back(ascii::to_lower(word));
  }
  return domains;
}

}  // namespace

std::vector<std::string> lookup_keys(std::string_view address, const PostfixNames& names) {
  const std::size_t at = address.rfind('@');
  if (at == address.npos) return {std::string(address)};
  const std::string local_part(address.substr(0, at));
  const std::string domain(address.substr(at + 1));
  const std::string base(without_extension(local_part, names.recipient_delimiter));
  std::vector<std::string> keys = {std::string(address)};
  const auto add = [&](std::string key) {
    // postmap(1) takes "-" for "read keys from standard input".
    if (!contains(keys, key) && !key.empty() && key != "-") keys.push_back(std::move(key));
  };
  add(base + "@" + domain);
  if (contains(names.local_domains, domain)) {
    add(local_part);
    add(base);
  }
  add("@" + domain);
  return keys;
}

Expected<PostfixNames, std::string> SenderLogins::read_names(Clock::time_point deadline) const {
  const auto values = read_parameters(
      settings_.config_directory,
      {"mydestination", "myorigin", "myhostname", "recipient_delimiter", "smtpd_sender_login_maps"},
      {settings_.timeout, deadline});
  if (!values) return Unexpected<std::string>(values.error());
  const auto value = [&](const char* name) {
    const auto found = values->find(name);
    return found == values->end() ? std::string() : found->second;
  };
  PostfixNames found;
  found.local_domains = local_domains(split_words(
      value("mydestination") + " " + read_origin(value("myorigin")) + " " + value("myhostname")));
  found.recipient_delimiter = value("recipient_delimiter");
  found.maps =
      settings_.maps.empty() ? split_tables(value("smtpd_sender_login_maps")) : settings_.maps;
  return found;
}

Expected<PostfixNames, std::string> SenderLogins::names(Clock::time_point deadline) {
  {
    const std::lock_guard lock(mutex_);
    if (Clock::now() < names_expire_) return names_;
  }
  auto found = read_names(deadline);
  const std::lock_guard lock(mutex_);
  names_ = found;
  names_expire_ = Clock::now() + (found ? settings_.cache_time : failure_time);
  return found;
}

// Whoever the tables give an address to has it. Only an address that they do not know belongs to
// the login that it is, and so does each shorter form of it.
Owners SenderLogins::look_up(const std::string& address, Clock::time_point deadline) {
  const auto names = this->names(deadline);
  if (!names) {
    note_problem(names.error());
    return {false, {}};
  }
  Owners owners;
  for (const std::string& key : lookup_keys(address, *names)) {
    for (const std::string& map : names->maps) {
      const auto logins = run_program({"postmap", "-c", settings_.config_directory, "-q", key, map},
                                      {settings_.timeout, deadline});
      if (!logins) {  // a table behind it may say less than this one would
        note_problem(logins.error());
        owners.is_known = false;
        return owners;
      }
      if (logins->status != 0) continue;
      const auto words = split_words(logins->output);
      owners.logins.insert(owners.logins.end(), words.begin(), words.end());
      return owners;
    }
    if (!key.starts_with('@')) owners.logins.push_back(key);
  }
  return owners;
}

Owners SenderLogins::find(const std::string& address, Clock::time_point deadline) {
  Owners owners;
  if (find_cached(address, owners)) return owners;
  owners = look_up(address, deadline);
  keep(address, owners);
  return owners;
}

bool SenderLogins::find_cached(const std::string& address, Owners& owners) {
  const std::lock_guard lock(mutex_);
  const auto found = by_address_.find(address);
  if (found == by_address_.end() || found->second->expires <= Clock::now()) return false;
  owners = found->second->owners;
  return true;
}

void SenderLogins::keep(const std::string& address, const Owners& owners) {
  const std::lock_guard lock(mutex_);
  const auto known = by_address_.find(address);
  if (known != by_address_.end()) {
    by_age_.erase(known->second);
    by_address_.erase(known);
  }
  const auto lifetime = owners.is_known ? settings_.cache_time : failure_time;
  by_age_.push_front({address, owners, Clock::now() + lifetime});
  by_address_[address] = by_age_.begin();
  if (by_age_.size() <= settings_.cached_addresses) return;
  by_address_.erase(by_age_.back().address);
  by_age_.pop_back();
}

void SenderLogins::note_problem(std::string problem) {
  const std::lock_guard lock(mutex_);
  problem_ = std::move(problem);
}

std::string SenderLogins::take_problem() {
  const std::lock_guard lock(mutex_);
  return std::exchange(problem_, {});
}

}  // namespace postern::io
