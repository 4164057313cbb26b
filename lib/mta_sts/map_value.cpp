#include "lib/mta_sts/map_value.hpp"

#include <algorithm>
#include <set>
#include <vector>

namespace postern::mta_sts {
namespace {

std::vector<std::string> without_repeats(const std::vector<std::string>& hosts) {
  std::set<std::string_view> seen;
  std::vector<std::string> out;
  for (const std::string& host : hosts) {
    if (seen.insert(host).second) out.push_back(host);
  }
  return out;
}

std::string policy_string(std::string_view field) {
  return " { policy_string = " + std::string(field) + " }";
}

std::string reports_of(std::string_view domain, const Policy& policy,
                       const std::vector<std::string>& hosts, std::chrono::seconds ttl) {
  std::string text = " policy_type=sts policy_domain=" + std::string(domain);
  text += " policy_ttl=" + std::to_string(ttl.count());
  text += policy_string("version: STSv1");
  text += policy_string("mode: " + std::string(to_token(policy.mode)));
  for (const std::string& host : hosts) text += policy_string("mx: " + host);
  text += policy_string("max_age: " + std::to_string(policy.max_age.count()));
  for (const std::string& host : hosts) text += " mx_host_pattern=" + host;
  return text;
}

}  // namespace

std::optional<std::string> map_value(std::string_view domain, const Policy& policy,
                                     std::chrono::milliseconds left, TlsReports reports) {
  if (policy.mode != Mode::enforce || policy.mx.empty()) return std::nullopt;
  const std::vector<std::string> hosts = without_repeats(policy.mx);
  std::string value = "secure match=";
  for (const std::string& host : hosts) {
    if (&host != hosts.data()) value += ":";
    value += host.starts_with("*.") ? host.substr(1) : host;
  }
  value += " servername=hostname";
  if (reports == TlsReports::off) return value;
  const auto ttl = std::clamp(std::chrono::duration_cast<std::chrono::seconds>(left),
                              std::chrono::seconds(1), std::chrono::seconds(longest_ttl));
  const std::string more = reports_of(domain, policy, hosts, ttl);
  return value.size() + more.size() <= max_value_size ? value + more : value;
}

}  // namespace postern::mta_sts
