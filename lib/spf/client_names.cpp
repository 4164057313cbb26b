#include "lib/spf/client_names.hpp"

#include <algorithm>

#include "lib/dns/name.hpp"

namespace postern::spf {

std::string reverse_name(const IpAddress& ip) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string name;
  for (std::size_t i = ip.bits() / 8; i-- > 0;) {
    const unsigned byte = ip.bytes()[i];
    if (ip.is_v4()) {
      name += std::to_string(byte) + ".";
    } else {
      name += {digits[byte & 15U], '.', digits[byte >> 4U], '.'};
    }
  }
  return name + (ip.is_v4() ? "in-addr.arpa" : "ip6.arpa");
}

std::optional<std::vector<std::string>> validated_names(const IpAddress& client_ip,
                                                        std::string_view below, unsigned max_names,
                                                        dns::Lookups& lookups) {
  const dns::Answer* pointers = lookups.find(reverse_name(client_ip), dns::Type::ptr);
  if (pointers == nullptr) return std::nullopt;
  std::vector<std::string> names;
  if (pointers->status != dns::Status::success) return names;
  bool pending = false;
  const std::size_t count = std::min<std::size_t>(pointers->names.size(), max_names);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string& name = pointers->names[i];
    if (name.empty() || (!below.empty() && !dns::is_at_or_below(name, below))) continue;
    const dns::Answer* addresses = lookups.find(name, address_type(client_ip));
    if (addresses == nullptr) {
      pending = true;  // Go on, so that all are asked at once.
      continue;
    }
    const auto& found = addresses->addresses;
    if (std::find(found.begin(), found.end(), client_ip) != found.end()) names.push_back(name);
  }
  if (pending) return std::nullopt;
  return names;
}

std::string client_name(const std::vector<std::string>& names, std::string_view domain) {
  const std::string* best = names.empty() ? nullptr : &names.front();
  for (const std::string& name : names) {
    if (name == domain) return name;
    const bool better = !dns::is_at_or_below(*best, domain);
    if (better && dns::is_at_or_below(name, domain)) best = &name;
  }
  return best != nullptr ? *best : "unknown";
}

}  // namespace postern::spf
