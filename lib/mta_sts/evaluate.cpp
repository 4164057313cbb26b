#include "lib/mta_sts/evaluate.hpp"

#include <algorithm>

#include "lib/dns/name.hpp"
#include "lib/dnslist/public_address.hpp"
#include "lib/mta_sts/dane.hpp"
#include "lib/mta_sts/entry.hpp"
#include "lib/mta_sts/record.hpp"

namespace postern::mta_sts {
namespace {

// The domain of a next hop, or nothing for "[host]", "host:port", ".parent", and addresses: those
// are the operator's own routes.
std::optional<std::string> domain_of(std::string_view nexthop) {
  if (nexthop.starts_with('.') || nexthop.find('.') == nexthop.npos) return std::nullopt;
  if (parse_ip_address(nexthop)) return std::nullopt;
  const auto domain = dns::parse_domain(nexthop);
  return domain ? std::optional(*domain) : std::nullopt;
}

Outcome no_answer(std::string why) {
  return {std::nullopt, std::move(why), {}, false};
}

class Evaluator {
 public:
  Evaluator(const Request& request, const Options& options, const dns::Answers& answers,
            const store::Known& known, const FetchResult* fetched, store::Time now)
      : request_(request),
        options_(options),
        lookups_(answers),
        wants_(known),
        fetched_(fetched),
        now_(now) {}

  Evaluation evaluate() {
    const auto domain = domain_of(request_.nexthop);
    if (!domain) return no_answer("no domain");
    domain_ = *domain;
    if (record_name(domain_).size() > dns::max_name_size) return no_answer("name is too long");
    const dns::Answer* record = lookups_.find(record_name(domain_), dns::Type::txt);
    if (options_.dane) {
      if (const auto why = left_to_dane(domain_, lookups_)) return no_answer(std::string(*why));
    }
    read_entry();
    if (is_incomplete()) return needs();
    return judge(*record);
  }

 private:
  bool is_incomplete() const { return lookups_.has_missing() || !wants_.missing().empty(); }
  Needs needs() const { return {lookups_.missing(), wants_.missing(), std::nullopt}; }
  void read_entry();
  Evaluation judge(const dns::Answer& record);
  Evaluation fetch(const std::string& id);
  Outcome take_fetched(const std::string& id, const FetchResult& fetched);
  Outcome use_kept(const std::string& otherwise);
  std::vector<IpAddress> find_addresses();

  const Request& request_;
  const Options& options_;
  dns::Lookups lookups_;
  store::Wants wants_;
  const FetchResult* const fetched_;
  const store::Time now_;
  std::string domain_;
  Entry entry_;
};

void Evaluator::read_entry() {
  const store::Result* result = wants_.find(store::Get{key_of(domain_)});
  const auto* value = result == nullptr ? nullptr : std::get_if<store::Value>(result);
  if (value == nullptr || !value->value) return;
  entry_ = parse_entry(*value->value).value_or(Entry{});
}

// What the policy kept says, or nothing.
Outcome Evaluator::use_kept(const std::string& otherwise) {
  if (!entry_.policy || !is_valid(entry_, now_)) return no_answer(otherwise);
  const Policy& policy = *entry_.policy;
  Outcome outcome;
  outcome.value = map_value(domain_, policy, time_left(entry_, now_), options_.reports);
  outcome.why = "policy " + entry_.id + ", mode " + std::string(to_token(policy.mode));
  if (!otherwise.empty()) outcome.why += " (kept; " + otherwise + ")";
  return outcome;
}

// The TXT record: exactly one that can be read counts (RFC 8461 §3.1).
Expected<std::string, std::string_view> id_of(const dns::Answer& record) {
  using Problem = Unexpected<std::string_view>;
  if (record.is_failure()) return Problem("DNS does not say whether there is a policy");
  if (std::count_if(record.texts.begin(), record.texts.end(), is_record) > 1) {
    return Problem("several MTA-STS records");
  }
  const auto found = std::find_if(record.texts.begin(), record.texts.end(), is_record);
  if (found == record.texts.end()) return Problem("no MTA-STS record");
  auto id = parse_record(*found);
  if (!id) return Problem("an MTA-STS record that cannot be read");
  return *id;
}

Evaluation Evaluator::judge(const dns::Answer& record) {
  const auto id = id_of(record);
  if (!id) return use_kept(std::string(id.error()));
  const bool is_current = is_valid(entry_, now_) && entry_.id == *id;
  if (has_just_failed(entry_, *id, now_)) {
    return use_kept(is_current ? "" : "its policy could not be fetched a short while ago");
  }
  if (!is_current || request_.refresh) return fetch(*id);
  Outcome outcome = use_kept({});
  outcome.refresh = is_refresh_due(entry_, now_);
  return outcome;
}

std::vector<IpAddress> Evaluator::find_addresses() {
  std::vector<IpAddress> addresses;
  for (const dns::Type type : {dns::Type::aaaa, dns::Type::a}) {
    const dns::Answer* answer = lookups_.find(policy_host(domain_), type);
    if (answer == nullptr) continue;
    std::copy_if(answer->addresses.begin(), answer->addresses.end(), std::back_inserter(addresses),
                 dnslist::is_public_address);
  }
  // Of a host with many addresses of one family, the other still has its turn.
  if (addresses.size() > max_fetch_addresses) {
    std::rotate(addresses.begin() + max_fetch_addresses / 2,
                addresses.end() - max_fetch_addresses / 2, addresses.end());
    addresses.resize(max_fetch_addresses);
  }
  return addresses;
}

Evaluation Evaluator::fetch(const std::string& id) {
  std::vector<IpAddress> addresses;
  if (options_.wants_addresses) {
    addresses = find_addresses();
    if (is_incomplete()) return needs();
  }
  if (fetched_ != nullptr) return take_fetched(id, *fetched_);
  if (options_.wants_addresses && addresses.empty()) {
    return take_fetched(id, Unexpected<std::string>("its host has no public address in DNS"));
  }
  return Needs{{}, {}, Fetch{domain_, policy_url(domain_), std::move(addresses)}};
}

// A new policy takes the place of the old one; a failure leaves it as it is.
Outcome Evaluator::take_fetched(const std::string& id, const FetchResult& fetched) {
  std::string problem;
  if (fetched) {
    auto policy = parse_policy(*fetched);
    if (policy) {
      entry_ = Entry{id, std::move(*policy), now_, {}, {}};
    } else {
      problem = "its policy " + std::string(policy.error().problem);
    }
  } else {
    problem = fetched.error();
  }
  if (!problem.empty()) {
    entry_.failed_id = id;
    entry_.failed = now_;
  }
  Outcome outcome = use_kept(problem.empty() ? "its policy ends at once" : problem);
  if (problem.empty() && is_valid(entry_, now_)) outcome = use_kept({});
  outcome.writes.push_back(keep(domain_, entry_, now_));
  return outcome;
}

}  // namespace

// Everything an evaluation rests on is a parameter.
// NOLINTNEXTLINE(readability-function-size)
Evaluation evaluate(const Request& request, const Options& options, const dns::Answers& answers,
                    const store::Known& known, const FetchResult* fetched, store::Time now) {
  return Evaluator(request, options, answers, known, fetched, now).evaluate();
}

}  // namespace postern::mta_sts
