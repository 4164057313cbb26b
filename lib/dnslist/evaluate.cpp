#include "lib/dnslist/evaluate.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "lib/base/ascii.hpp"
#include "lib/dns/name.hpp"
#include "lib/dnslist/answer.hpp"
#include "lib/dnslist/public_address.hpp"

namespace postern::dnslist {
namespace {

constexpr char hex_digits[] = "0123456789abcdef";

std::string nibbles(const IpAddress& address) {
  std::string name;
  for (std::size_t i = address.bytes().size(); i-- > 0;) {
    const unsigned octet = address.bytes()[i];
    name += {hex_digits[octet & 15], '.', hex_digits[octet >> 4], '.'};
  }
  return name;
}

std::string octets(const IpAddress& address) {
  std::string name;
  for (std::size_t i = 4; i-- > 0;) name += std::to_string(address.bytes()[i]) + ".";
  return name;
}

// What a list is asked, or nothing when it has nothing to say of such a client.
std::optional<std::string> question(const List& list, const IpAddress& client, bool is_public,
                                    const std::string& domain) {
  std::string name;
  if (list.kind == Kind::address) {
    if (!is_public || (!client.is_v4() && !list.ipv6)) return std::nullopt;
    name = query_name(client, list.zone);
  } else {
    if (domain.empty()) return std::nullopt;
    name = domain + "." + list.zone;
  }
  return name.size() <= dns::max_name_size ? std::optional(std::move(name)) : std::nullopt;
}

std::string printable(std::string_view text) {
  std::string out(text.substr(0, max_reason_size));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return !ascii::is_printable(c); }, '?');
  return out;
}

class Evaluator {
 public:
  Evaluator(const dns::Answers& answers, const Bounds& bounds)
      : lookups_(answers), bounds_(bounds) {}

  void ask(const List& list, const std::string& name) {
    const dns::Answer* answer = lookups_.find(name, dns::Type::a);
    if (answer == nullptr) return;
    const Reading reading = read_answer(list, *answer);
    if (!reading.problem.empty()) score_.failures.push_back(list.name + ": " + reading.problem);
    if (!reading.listed) return;
    Hit hit{list.name, reading.code, list.weight};
    if (list.reason) {
      const dns::Answer* text = lookups_.find(name, dns::Type::txt);
      if (text != nullptr && !text->texts.empty()) hit.reason = printable(text->texts.front());
    }
    by_zone_[list.zone] += list.weight;
    score_.hits.push_back(std::move(hit));
  }

  dns::Evaluation<Score> result() && {
    if (lookups_.has_missing()) return lookups_.missing();
    for (const auto& [zone, sum] : by_zone_) {
      score_.score += std::min(sum, bounds_.zone);
    }
    return std::move(score_);
  }

 private:
  dns::Lookups lookups_;
  const Bounds bounds_;
  Score score_;
  std::map<std::string_view, double> by_zone_;
};

}  // namespace

std::string query_name(const IpAddress& client, std::string_view zone) {
  const IpAddress ip = client.unmapped();
  return (ip.is_v4() ? octets(ip) : nibbles(ip)).append(zone);
}

dns::Evaluation<Score> evaluate(std::span<const List> lists, const IpAddress& client,
                                std::string_view domain, const dns::Answers& answers,
                                const Bounds& bounds) {
  const IpAddress ip = client.unmapped();
  const bool is_public = is_public_address(ip);
  const std::string name = dns::parse_domain(domain).value_or(std::string());
  Evaluator evaluator(answers, bounds);
  for (const List& list : lists.first(std::min(lists.size(), max_lists))) {
    const auto asked = question(list, ip, is_public, name);
    if (asked) evaluator.ask(list, *asked);
  }
  return std::move(evaluator).result();
}

}  // namespace postern::dnslist
