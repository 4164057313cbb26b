#include "lib/antispam/network/list_inquiry.hpp"

#include <algorithm>

#include "lib/base/ip_address.hpp"
#include "lib/dns/name.hpp"

namespace postern::antispam {

const dns::Answer* ListInquiry::ask(std::string_view name, dns::Type type) {
  while (name.ends_with('.')) name.remove_suffix(1);
  const auto domain = dns::parse_domain(name);
  if (!domain || !may_ask(*domain) || lookups_.count() >= max_list_questions) return nullptr;
  return lookups_.find(*domain, type);
}

// The closest parent, or the name itself, that a restriction names decides; "*" is above all. A
// list that refuses us counts only where no restriction below it has said anything.
bool ListInquiry::may_ask(std::string_view name) const {
  bool is_blocked = false;
  for (std::string_view parent = name; !parent.empty();) {
    const auto found = options_.dns_query_restrictions.find(std::string(parent));
    if (found != options_.dns_query_restrictions.end()) return found->second && !is_blocked;
    is_blocked =
        is_blocked || std::find(blocked_.begin(), blocked_.end(), parent) != blocked_.end();
    const std::size_t dot = parent.find('.');
    parent = dot == parent.npos ? std::string_view() : parent.substr(dot + 1);
  }
  const auto all = options_.dns_query_restrictions.find("*");
  return (all == options_.dns_query_restrictions.end() || all->second) && !is_blocked;
}

std::string reversed_address(std::string_view ip) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto address = parse_ip_address(ip);
  if (!address) return {};
  std::string reversed;
  for (std::size_t i = address->bits() / 8; i > 0; --i) {
    const unsigned octet = address->bytes()[i - 1];
    if (!reversed.empty()) reversed += '.';
    if (address->is_v4()) {
      reversed += std::to_string(octet);
    } else {
      reversed += {digits[octet & 15U], '.', digits[octet >> 4U]};
    }
  }
  return reversed;
}

}  // namespace postern::antispam
