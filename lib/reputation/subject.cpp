#include <array>

#include "lib/dns/name.hpp"
#include "lib/reputation/reputation.hpp"

namespace postern::reputation {
namespace {

constexpr std::string_view key_prefix = "r/";
constexpr unsigned v4_prefix = 24;
constexpr unsigned v6_prefix = 48;
constexpr std::array all_kinds = {SubjectKind::address, SubjectKind::network, SubjectKind::helo,
                                  SubjectKind::domain};

std::string network_text(const IpAddress& client, unsigned prefix) {
  IpAddress::Bytes bytes = client.bytes();
  for (std::size_t i = prefix / 8; i < bytes.size(); ++i)
    bytes[i] = 0;  // prefixes are whole octets
  const IpAddress base = client.is_v4() ? IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]})
                                        : IpAddress::v6(bytes);
  return base.text() + "/" + std::to_string(prefix);
}

std::string network_of(const IpAddress& client) {
  return network_text(client, client.is_v4() ? v4_prefix : v6_prefix);
}

// Like parse_domain, and no address: "192.0.2.1" has labels, too.
std::string name_of(std::string_view text) {
  if (parse_ip_address(text)) return {};
  return dns::parse_domain(text).value_or(std::string());
}

}  // namespace

std::string_view to_word(SubjectKind kind) {
  switch (kind) {
    case SubjectKind::address: return "address";
    case SubjectKind::network: return "network";
    case SubjectKind::helo: return "helo";
    case SubjectKind::domain: return "domain";
  }
  return "";
}

std::vector<Subject> subjects_of(const IpAddress& client, std::string_view helo,
                                 std::string_view domain) {
  const IpAddress ip = client.unmapped();
  std::vector<Subject> subjects = {{SubjectKind::address, ip.text()},
                                   {SubjectKind::network, network_of(ip)}};
  const std::string helo_name = name_of(helo);
  if (!helo_name.empty()) {
    subjects.push_back({SubjectKind::helo, helo_name + "@" + network_of(ip)});
  }
  const std::string domain_name = name_of(domain);
  if (!domain_name.empty()) subjects.push_back({SubjectKind::domain, domain_name});
  return subjects;
}

std::vector<Subject> subjects_named(std::string_view text) {
  if (const auto address = parse_ip_address(text)) return subjects_of(*address, {}, {});
  if (text.find('/') != text.npos) {
    const auto network = parse_ip_network(text);
    if (!network) return {};
    return {{SubjectKind::network, network_of(network->address.unmapped())}};
  }
  const std::string name = name_of(text);
  if (name.empty()) return {};
  return {{SubjectKind::domain, name}};
}

// Values are addresses and names within their limits, so a key is never over max_key_size.
std::string key_of(const Subject& subject) {
  return std::string(key_prefix).append(to_word(subject.kind)).append("|").append(subject.value);
}

std::string helo_prefix(std::string_view helo) {
  return key_of({SubjectKind::helo, name_of(helo) + "@"});
}

std::optional<Subject> subject_of_key(std::string_view key) {
  if (!key.starts_with(key_prefix)) return std::nullopt;
  key.remove_prefix(key_prefix.size());
  const std::size_t bar = key.find('|');
  for (const SubjectKind kind : all_kinds) {
    if (bar != key.npos && key.substr(0, bar) == to_word(kind)) {
      return Subject{kind, std::string(key.substr(bar + 1))};
    }
  }
  return std::nullopt;
}

}  // namespace postern::reputation
