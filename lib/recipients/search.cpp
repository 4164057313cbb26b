#include "lib/recipients/search.hpp"

#include <algorithm>
#include <utility>

namespace postern::recipients {
namespace {

bool contains(const std::vector<std::string>& texts, std::string_view text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

bool takes_whole_keys_only(std::string_view table) {
  while (take_prefix(table, "proxy:") || take_prefix(table, "unionmap:{") ||
         take_prefix(table, "pipemap:{")) {
    table.remove_prefix(std::min(table.find_first_not_of(", \t\r\n"), table.size()));
  }
  const std::string_view type = table.substr(0, table.find(':'));
  for (const char* each : {"regexp", "pcre", "cidr", "tcp", "socketmap", "randmap", "fail"}) {
    if (type == each) return true;
  }
  return false;
}

Match search(const std::vector<Key>& keys, const std::vector<std::string>& tables, Wants& wants) {
  bool is_pending = false;
  for (const Key& key : keys) {
    for (const std::string& table : tables) {
      if (!key.is_whole && takes_whole_keys_only(table)) continue;
      const Answer* answer = wants.find({table, key.text});
      if (answer == nullptr) is_pending = true;
      if (answer == nullptr || answer->kind == Answer::Kind::missing) continue;
      if (is_pending) return {Match::Kind::pending, {}, {}};  // what comes later cannot decide
      if (answer->kind == Answer::Kind::found) return {Match::Kind::found, answer->text, key};
      return {Match::Kind::failed, table + ": " + answer->text, {}};
    }
  }
  return {is_pending ? Match::Kind::pending : Match::Kind::missing, {}, {}};
}

Locality locality(const std::string& domain, const Names& names, Wants& wants) {
  if (contains(names.local_domains, domain)) return {Locality::Kind::local, {}};
  const Match match = search({{domain, true, false}}, names.local_domain_tables, wants);
  switch (match.kind) {
    case Match::Kind::found: return {Locality::Kind::local, {}};
    case Match::Kind::failed: return {Locality::Kind::unknown, match.text};
    case Match::Kind::pending: return {Locality::Kind::pending, {}};
    case Match::Kind::missing: break;
  }
  if (domain.starts_with('[')) {  // inet_interfaces and proxy_interfaces are not known here
    return {Locality::Kind::unknown, "an address literal may be one of this host's"};
  }
  if (names.has_more_local_domains) {
    return {Locality::Kind::unknown, "mydestination has entries that are not followed"};
  }
  return {Locality::Kind::foreign, {}};
}

std::vector<Key> full_keys(const Address& address, const Names& names) {
  const std::size_t end = extension_offset(address.local_part, names);
  std::vector<Key> keys = {{address.text(), true, false}};
  if (end < address.local_part.size()) {
    keys.push_back({address.local_part.substr(0, end) + "@" + address.domain, false, true});
  }
  return keys;
}

std::vector<Key> address_keys(const Address& address, bool is_at_home, const Names& names) {
  std::vector<Key> keys = full_keys(address, names);
  const std::size_t end = extension_offset(address.local_part, names);
  if (is_at_home) {
    keys.push_back({address.local_part, false, false});
    if (end < address.local_part.size()) {
      keys.push_back({address.local_part.substr(0, end), false, true});
    }
  }
  // The extension counts as matched: with "@domain" the whole local part goes on.
  keys.push_back({"@" + address.domain, false, false});
  return keys;
}

}  // namespace postern::recipients
