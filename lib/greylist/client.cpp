#include "lib/greylist/client.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "lib/base/ascii.hpp"
#include "lib/dns/name.hpp"
#include "lib/policy/network.hpp"

namespace postern::greylist {
namespace {

// Numbers of a name, in order: "host-12-3.example" has 12 and 3. Longer ones are cut by saturation.
std::vector<unsigned> numbers_in(std::string_view name) {
  std::vector<unsigned> numbers;
  bool within = false;
  for (const char c : name) {
    if (ascii::is_digit(c)) {
      if (!within) numbers.push_back(0);
      numbers.back() = std::min(numbers.back() * 10 + static_cast<unsigned>(c - '0'), 100000U);
    }
    within = ascii::is_digit(c);
  }
  return numbers;
}

// "c0000205" of 192.0.2.5, or its last 16 bits of an IPv6 address with those before.
std::string hex_tail(const IpAddress& ip) {
  constexpr std::string_view digits = "0123456789abcdef";
  const std::size_t size = ip.is_v4() ? 4 : 16;
  std::string hex;
  for (std::size_t at = size - 4; at < size; ++at) {
    hex += digits[ip.bytes()[at] >> 4];
    hex += digits[ip.bytes()[at] & 15];
  }
  return hex;
}

// The name without its first label, if at least two remain.
std::string_view parent_of(std::string_view name) {
  const std::size_t dot = name.find('.');
  if (dot == name.npos || name.find('.', dot + 1) == name.npos) return name;
  return name.substr(dot + 1);
}

void add(std::string& list, std::string_view text) {
  if (!list.empty()) list += ", ";
  list += text;
}

std::string_view name_sign(ClientName name) {
  switch (name) {
    case ClientName::missing: return "no PTR record";
    case ClientName::unconfirmed: return "PTR name not confirmed";
    case ClientName::confirmed:
    case ClientName::unknown: break;
  }
  return "";
}

std::string_view helo_sign(Helo helo) {
  switch (helo) {
    case Helo::missing: return "no HELO";
    case Helo::literal: return "HELO is an address";
    case Helo::own: return "HELO is our name";
    case Helo::unqualified: return "HELO is no host name";
    case Helo::unresolved: return "HELO does not resolve";
    case Helo::resolves:
    case Helo::unknown: break;
  }
  return "";
}

}  // namespace

std::string_view to_word(ClientName name) {
  switch (name) {
    case ClientName::confirmed: return "confirmed";
    case ClientName::missing: return "missing";
    case ClientName::unconfirmed: return "unconfirmed";
    case ClientName::unknown: return "unknown";
  }
  return "";
}

std::string_view to_word(Helo helo) {
  switch (helo) {
    case Helo::resolves: return "resolves";
    case Helo::missing: return "missing";
    case Helo::literal: return "literal";
    case Helo::own: return "own";
    case Helo::unqualified: return "unqualified";
    case Helo::unresolved: return "unresolved";
    case Helo::unknown: return "unknown";
  }
  return "";
}

std::string suspicion(const Client& client, const Settings& settings) {
  std::string signs;
  for (const std::string_view sign : {name_sign(client.name_state), helo_sign(client.helo)}) {
    if (!sign.empty()) add(signs, sign);
  }
  if (client.dnslist_score > 0 && client.dnslist_score >= client.suspicious_score) {
    add(signs, "in DNS lists");
  }
  if (client.reputation <= settings.bad_reputation.value) add(signs, "bad reputation");
  const bool is_stranger = client.reputation < settings.good_reputation.value;
  // A DNS failure of SPF may be ours, and a login code must not wait for it. Who breaks the DNS of
  // a domain to get through gains no more than who publishes a record that passes.
  const bool may_pass =
      client.spf == authres::Result::pass || client.spf == authres::Result::temperror;
  if (signs.empty() && is_stranger && !may_pass) {
    signs = "unknown client, SPF " + std::string(authres::to_token(client.spf));
  }
  return signs;
}

std::string trust(const Client& client, const Settings& settings) {
  if (client.dnslist_score < 0 && client.dnslist_score <= -client.suspicious_score) {
    return "in an allow list";
  }
  if (client.spf == authres::Result::pass && client.reputation >= settings.good_reputation.value) {
    return "SPF pass and good reputation";
  }
  return "";
}

bool spells_address(std::string_view name, const IpAddress& ip) {
  const std::string hex = hex_tail(ip);
  std::string plain;
  for (const char c : name) {
    if (c != '-') plain += ascii::to_lower(c);
  }
  if (plain.find(hex) != plain.npos) return true;
  if (!ip.is_v4()) return false;
  const std::vector<unsigned> numbers = numbers_in(name);
  const auto& bytes = ip.bytes();
  const std::array<unsigned, 2> there = {bytes[2], bytes[3]};
  const std::array<unsigned, 2> back = {bytes[3], bytes[2]};
  const auto holds = [&](const std::array<unsigned, 2>& pair) {
    return std::search(numbers.begin(), numbers.end(), pair.begin(), pair.end()) != numbers.end();
  };
  return holds(there) || holds(back);
}

std::string identity(const Client& client) {
  if (client.spf == authres::Result::pass && !client.spf_organization.empty()) {
    return "spf:" + client.spf_organization;
  }
  if (client.name_state == ClientName::confirmed && !client.name.empty() &&
      !spells_address(client.name, client.ip)) {
    // Without a DMARC record the walk ends where it began, at the host.
    const std::string_view domain = client.name_domain.empty() || client.name_domain == client.name
                                        ? parent_of(client.name)
                                        : std::string_view(client.name_domain);
    return "name:" + std::string(domain);
  }
  return "net:" + policy::client_network(client.ip);
}

}  // namespace postern::greylist
