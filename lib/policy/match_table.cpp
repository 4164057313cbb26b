#include "lib/policy/match_table.hpp"

#include <algorithm>

#include "lib/base/ascii.hpp"
#include "lib/dns/name.hpp"

namespace postern::policy {
namespace {

std::string key_of(const IpAddress& network) {
  const auto& bytes = network.bytes();
  return {bytes.begin(), bytes.begin() + (network.is_v4() ? 4 : 16)};
}

// Digits, dots, and slashes, or a colon without "@": meant as address or network.
bool looks_like_network(std::string_view entry) {
  if (entry.find('@') != entry.npos) return false;
  if (entry.find_first_of(":/") != entry.npos) return true;
  return std::all_of(entry.begin(), entry.end(),
                     [](char c) { return ascii::is_digit(c) || c == '.'; });
}

}  // namespace

Parsed<void> MatchTable::add(std::string_view entry) {
  if (size_ >= max_table_entries) return parse_error(0, "too many entries");
  const bool in = !entry.starts_with('!');
  if (!in) entry.remove_prefix(1);
  if (entry.empty()) return parse_error(0, "entry is empty");
  auto added = looks_like_network(entry) ? add_network(entry, in) : add_name(entry, in);
  if (added) ++size_;
  return added;
}

Parsed<void> MatchTable::add_network(std::string_view entry, bool in) {
  const auto network = parse_ip_network(entry);
  if (!network) return parse_error(0, "no address or network such as \"192.0.2.0/24\"");
  const IpAddress base = masked(network->address, network->prefix);
  if (base != network->address) {
    return parse_error(0, "network has bits behind its prefix, as in \"192.0.2.1/24\"");
  }
  networks_[{base.is_v4(), network->prefix}][key_of(base)] = in;
  return {};
}

Parsed<void> MatchTable::add_name(std::string_view entry, bool in) {
  if (entry == "<>") {
    names_["<>"] = in;
    return {};
  }
  const std::size_t at = entry.rfind('@');
  std::string_view domain = at == entry.npos ? entry : entry.substr(at + 1);
  std::string key = at == entry.npos ? std::string() : ascii::to_lower(entry.substr(0, at + 1));
  if (key == "@") return parse_error(0, "address without local part");
  if (!domain.empty()) {
    const bool below = at == entry.npos && domain.starts_with('.');
    if (below) domain.remove_prefix(1);
    const auto name = dns::parse_domain(domain);
    if (!name) {
      return parse_error(0,
                         "no domain name, address, or network (write international names as "
                         "\"xn--...\")");
    }
    key += (below ? "." : "") + *name;
  }
  names_[key] = in;
  return {};
}

int MatchTable::find(std::string_view name) const {
  const auto found = names_.find(std::string(name));
  if (found == names_.end()) return 0;
  return found->second ? 1 : -1;
}

int MatchTable::find_domain(std::string_view domain) const {
  if (domain.ends_with('.')) domain.remove_suffix(1);
  if (domain.empty() || domain.size() > dns::max_name_size) return 0;
  const std::string name = ascii::to_lower(domain);
  if (const int found = find(name)) return found;
  for (std::size_t dot = name.find('.'); dot != name.npos; dot = name.find('.', dot + 1)) {
    if (const int found = find(std::string_view(name).substr(dot))) return found;
  }
  return 0;
}

bool MatchTable::holds_client(const IpAddress& client) const {
  const IpAddress ip = client.unmapped();
  for (const auto& [kind, networks] : networks_) {
    if (kind.first != ip.is_v4()) continue;
    const auto found = networks.find(key_of(masked(ip, kind.second)));
    if (found != networks.end()) return found->second;
  }
  return false;
}

bool MatchTable::holds_domain(std::string_view name) const {
  return find_domain(name) > 0;
}

bool MatchTable::holds_address(std::string_view address) const {
  if (address.empty()) return find("<>") > 0;
  const std::string lower = ascii::to_lower(address);
  const std::size_t at = lower.rfind('@');
  if (at == lower.npos) return find(lower + "@") > 0;
  const std::string_view text = lower;
  if (const int found = find(text)) return found > 0;
  if (const int found = find(text.substr(0, at + 1))) return found > 0;
  return find_domain(text.substr(at + 1)) > 0;
}

Expected<MatchTable, TableError> parse_table(std::string_view text) {
  MatchTable table;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = ascii::trim(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    if (line.find_first_of(" \t") != line.npos) {
      return Unexpected<TableError>({number, "one entry on a line, and nothing behind it"});
    }
    const auto added = table.add(line);
    if (!added) return Unexpected<TableError>({number, added.error().problem});
  }
  return table;
}

}  // namespace postern::policy
