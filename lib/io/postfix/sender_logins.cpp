#include "lib/io/postfix/sender_logins.hpp"

#include <algorithm>
#include <utility>

#include "lib/base/ascii.hpp"
#include "lib/io/probe/command.hpp"

namespace postern::io {
namespace {

using submission::Owners;

constexpr std::string_view separators = ", \t\r\n";
constexpr std::chrono::seconds failure_time{2};  // how long a failed lookup is not tried again

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> words;
  while (true) {
    const std::size_t begin = text.find_first_not_of(separators);
    if (begin == text.npos) return words;
    const std::size_t end = std::min(text.find_first_of(separators, begin), text.size());
    words.emplace_back(text.substr(begin, end - begin));
    text.remove_prefix(end);
  }
}

std::string_view first_line(std::string_view text) {
  return ascii::trim(text.substr(0, text.find('\n')));
}

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

// A table with a comma or a space inside, as in inline:{a=b, c=d}, is one.
std::vector<std::string> split_tables(std::string_view text) {
  std::vector<std::string> tables;
  std::string table;
  int depth = 0;
  for (const char c : text) {
    if (c == '{') ++depth;
    if (c == '}') --depth;
    if (depth > 0 || separators.find(c) == separators.npos) {
      table += c;
    } else if (!table.empty()) {
      tables.push_back(std::exchange(table, {}));
    }
  }
  if (!table.empty()) tables.push_back(std::move(table));
  return tables;
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

Expected<PostfixNames, std::string> SenderLogins::names() {
  {
    const std::lock_guard lock(mutex_);
    if (Clock::now() < names_expire_) return names_;
  }
  const auto value = [&](const char* name) {
    auto text =
        run_to_end({"postconf", "-c", settings_.config_directory, "-xh", name}, settings_.timeout);
    if (text && text->status != 0) {
      return Expected<std::string, std::string>(
          Unexpected<std::string>("postconf: " + std::string(first_line(text->errors))));
    }
    return text ? Expected<std::string, std::string>(text->output)
                : Expected<std::string, std::string>(Unexpected<std::string>(text.error()));
  };
  PostfixNames found;
  std::string domains;
  for (const char* name : {"mydestination", "myorigin", "myhostname"}) {
    const auto text = value(name);
    if (!text) return Unexpected<std::string>(text.error());
    domains.append(*text).append(" ");
  }
  found.local_domains = local_domains(split(domains));
  const auto delimiter = value("recipient_delimiter");
  const auto maps = value("smtpd_sender_login_maps");
  if (!delimiter) return Unexpected<std::string>(delimiter.error());
  if (!maps) return Unexpected<std::string>(maps.error());
  found.recipient_delimiter = std::string(first_line(*delimiter));
  found.maps = settings_.maps.empty() ? split_tables(*maps) : settings_.maps;
  const std::lock_guard lock(mutex_);
  names_ = found;
  names_expire_ = Clock::now() + settings_.cache_time;
  return found;
}

Owners SenderLogins::look_up(const std::string& address) {
  const auto names = this->names();
  if (!names) {
    note_problem(names.error());
    return {false, {}};
  }
  Owners owners;
  const std::vector<std::string> keys = lookup_keys(address, *names);
  // Keys with "@domain" at the end name no user; the others are the address in shorter forms.
  for (const std::string& key : keys) {
    if (!key.starts_with('@')) owners.logins.push_back(key);
  }
  for (const std::string& key : keys) {
    bool found = false;
    for (const std::string& map : names->maps) {
      const auto result = run_to_end({"postmap", "-c", settings_.config_directory, "-q", key, map},
                                     settings_.timeout);
      const bool failed = !result || (result->status != 0 && !result->errors.empty());
      if (failed) {
        note_problem(result ? std::string(first_line(result->errors)) : result.error());
        owners.is_known = false;
      } else if (result->status == 0) {
        const auto logins = split(result->output);
        owners.logins.insert(owners.logins.end(), logins.begin(), logins.end());
        found = true;
        break;
      }
    }
    if (found) break;
  }
  return owners;
}

Owners SenderLogins::find(const std::string& address) {
  Owners owners;
  if (find_cached(address, owners)) return owners;
  owners = look_up(address);
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
