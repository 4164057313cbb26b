#include "lib/mta_sts/dane.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "lib/dns/name.hpp"

namespace postern::mta_sts {
namespace {

constexpr std::size_t sha256_size = 32;
constexpr std::size_t sha512_size = 64;

std::vector<std::string> hosts_of(std::string_view domain, const dns::Answer& mx) {
  if (mx.security != dns::Security::secure) return {};
  if (mx.status == dns::Status::no_data) return {std::string(domain)};
  std::vector<dns::MxRecord> exchanges = mx.exchanges;
  std::sort(exchanges.begin(), exchanges.end());
  std::vector<std::string> hosts;
  for (dns::MxRecord& record : exchanges) {
    if (hosts.size() == max_dane_hosts) break;
    if (!record.exchange.empty()) hosts.push_back(std::move(record.exchange));  // RFC 7505
  }
  return hosts;
}

// RFC 7672 §2.2.3: the port is that to which mail is sent.
std::string tlsa_name(const std::string& host) {
  return "_25._tcp." + host;
}

bool has_usable(const dns::Answer& tlsa) {
  return tlsa.security == dns::Security::secure &&
         std::any_of(tlsa.tlsa.begin(), tlsa.tlsa.end(), is_usable);
}

}  // namespace

bool is_usable(const dns::TlsaRecord& record) {
  if (record.usage != 2 && record.usage != 3) return false;
  if (record.selector > 1) return false;
  switch (record.matching_type) {
    case 0: return record.data_size > 0;
    case 1: return record.data_size == sha256_size;
    case 2: return record.data_size == sha512_size;
    default: return false;
  }
}

std::optional<std::string_view> left_to_dane(std::string_view domain, dns::Lookups& lookups) {
  const dns::Answer* mx = lookups.find(domain, dns::Type::mx);
  if (mx == nullptr) return std::nullopt;
  std::optional<std::string_view> why;
  for (const std::string& host : hosts_of(domain, *mx)) {
    const std::string name = tlsa_name(host);
    if (name.size() > dns::max_name_size) continue;
    const dns::Answer* tlsa = lookups.find(name, dns::Type::tlsa);
    if (tlsa == nullptr) continue;
    if (has_usable(*tlsa)) return "a mail host has TLSA records: left to DANE";
    if (tlsa->is_failure())
      why = "DNS does not say whether a mail host has TLSA records: left to DANE";
  }
  return why;
}

}  // namespace postern::mta_sts
