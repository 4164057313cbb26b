#include "lib/spf/evaluator.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "lib/spf/client_names.hpp"
#include "lib/spf/look_ahead.hpp"

namespace postern::spf {
namespace {

using authres::Result;

Result to_result(Qualifier qualifier) {
  switch (qualifier) {
    case Qualifier::pass: return Result::pass;
    case Qualifier::fail: return Result::fail;
    case Qualifier::softfail: return Result::softfail;
    case Qualifier::neutral: return Result::neutral;
  }
  return Result::permerror;
}

Verdict error(Result result, std::string problem) {
  Verdict verdict;
  verdict.result = result;
  verdict.problem = std::move(problem);
  return verdict;
}

// The end where a domain has no record to evaluate.
Verdict without_record(const Policy& policy, bool redirected) {
  switch (policy.state) {
    case Policy::State::temperror: return error(Result::temperror, std::string(policy.problem));
    case Policy::State::permerror: return error(Result::permerror, std::string(policy.problem));
    case Policy::State::none:
    case Policy::State::unknown:
    case Policy::State::found: break;
  }
  if (redirected) return error(Result::permerror, "redirect= leads to no SPF record");
  return error(Result::none, {});
}

}  // namespace

std::optional<Verdict> Evaluator::check(const std::string& domain) {
  return check_domain(domain);
}

// Recurses once per include (RFC 7208 §5.2), and each include takes one of limits_.terms: the limit
// bounds the depth.
std::optional<Verdict> Evaluator::check_domain(std::string domain) {
  for (bool redirected = false;; redirected = true) {
    const Policy& policy = policies_.find(domain, lookups_);
    if (policy.state == Policy::State::unknown) return std::nullopt;
    if (policy.state != Policy::State::found) return without_record(policy, redirected);

    Verdict verdict;
    verdict.record = &policy.record;
    verdict.domain = domain;
    switch (match_record(policy.record, domain, verdict.matched)) {
      case Match::pending: return std::nullopt;
      case Match::temperror: return error(Result::temperror, problem_);
      case Match::permerror: return error(Result::permerror, problem_);
      case Match::yes: verdict.result = to_result(verdict.matched->qualifier); return verdict;
      case Match::no: break;
    }
    if (!policy.record.redirect) return verdict;
    if (!take_term()) return error(Result::permerror, problem_);
    std::optional<std::string> target;
    if (!resolve(*policy.record.redirect, domain, target)) return std::nullopt;
    if (!target) return error(Result::permerror, "redirect= gives no domain name");
    domain = *target;
  }
}

Evaluator::Match Evaluator::match_record(const Record& record, const std::string& domain,
                                         const Directive*& matched) {
  for (const Directive& directive : record.directives) {
    const Match match = match_directive(directive, domain);
    if (match == Match::no) continue;
    if (match == Match::yes) matched = &directive;
    return match;
  }
  return Match::no;
}

Evaluator::Match Evaluator::match_directive(const Directive& directive, const std::string& domain) {
  if (!asks_dns(directive.mechanism)) {
    const bool matches =
        directive.mechanism == Mechanism::all || directive.network.contains(values_.client_ip);
    return matches ? Match::yes : Match::no;
  }
  if (!take_term()) return Match::permerror;
  std::optional<std::string> name = domain;
  if (directive.target && !resolve(*directive.target, domain, name)) return Match::pending;
  if (name) return match_target(directive, *name);
  // A name that cannot exist matches nothing (RFC 7208 §4.8); as a domain to include it is one
  // without a record (§4.3, §5.2).
  if (directive.mechanism != Mechanism::include) return Match::no;
  return failed(Match::permerror, "include: gives no domain name");
}

Evaluator::Match Evaluator::match_target(const Directive& directive, const std::string& name) {
  switch (directive.mechanism) {
    case Mechanism::include: return match_include(name);
    case Mechanism::a: return match_addresses(directive, name);
    case Mechanism::mx: return match_mx(directive, name);
    case Mechanism::ptr: return match_ptr(name);
    case Mechanism::exists: return match_exists(name);
    case Mechanism::all:
    case Mechanism::ip4:
    case Mechanism::ip6: break;
  }
  return Match::no;
}

Evaluator::Match Evaluator::match_include(const std::string& name) {
  const auto verdict = check_domain(name);
  if (!verdict) return Match::pending;
  switch (verdict->result) {
    case Result::pass: return Match::yes;
    case Result::fail:
    case Result::softfail:
    case Result::policy:
    case Result::neutral: return Match::no;
    case Result::temperror: return failed(Match::temperror, verdict->problem);
    case Result::permerror: return failed(Match::permerror, verdict->problem);
    case Result::none: break;
  }
  return failed(Match::permerror, "include: leads to no SPF record");
}

Evaluator::Match Evaluator::match_addresses(const Directive& directive, const std::string& name) {
  const dns::Answer* answer = lookups_.find(name, address_type(values_.client_ip));
  if (answer == nullptr) return Match::pending;
  if (answer->is_failure()) return dns_failed(*answer, Mechanism::a);
  if (answer->addresses.empty()) return count_void();
  return holds_client(directive, *answer) ? Match::yes : Match::no;
}

Evaluator::Match Evaluator::match_mx(const Directive& directive, const std::string& name) {
  const dns::Answer* answer = lookups_.find(name, dns::Type::mx);
  if (answer == nullptr) return Match::pending;
  if (answer->is_failure()) return dns_failed(*answer, Mechanism::mx);
  if (answer->exchanges.empty()) return count_void();
  if (answer->exchanges.size() > limits_.names) {
    return failed(Match::permerror, "more than " + std::to_string(limits_.names) + " MX exchanges");
  }
  return match_mx_hosts(directive, *answer);
}

// In the order of preference, and of names where it is equal: resolvers shuffle. Hosts behind the
// one that decides do not count, but they are asked together with the first that is missing.
Evaluator::Match Evaluator::match_mx_hosts(const Directive& directive, const dns::Answer& answer) {
  std::vector<dns::MxRecord> hosts = answer.exchanges;
  std::sort(hosts.begin(), hosts.end());
  bool is_pending = false;
  bool found_any = false;
  bool asked_any = false;
  for (const auto& host : hosts) {
    if (host.exchange.empty()) continue;  // The null MX (RFC 7505 §3).
    const dns::Answer* addresses = lookups_.find(host.exchange, address_type(values_.client_ip));
    is_pending = is_pending || addresses == nullptr;
    if (is_pending) continue;
    if (addresses->is_failure()) return dns_failed(*addresses, Mechanism::mx);
    if (holds_client(directive, *addresses)) return Match::yes;
    asked_any = true;
    found_any = found_any || !addresses->addresses.empty();
  }
  if (is_pending) return Match::pending;
  return asked_any && !found_any ? count_void() : Match::no;
}

// Whatever goes wrong with the client's own names is no error of the sender's (RFC 7208 §5.5).
Evaluator::Match Evaluator::match_ptr(const std::string& name) {
  const auto names = validated_names(values_.client_ip, name, limits_.names, lookups_);
  if (!names) return Match::pending;
  return names->empty() ? Match::no : Match::yes;
}

Evaluator::Match Evaluator::match_exists(const std::string& name) {
  const dns::Answer* answer = lookups_.find(name, dns::Type::a);
  if (answer == nullptr) return Match::pending;
  if (answer->is_failure()) return dns_failed(*answer, Mechanism::exists);
  return answer->addresses.empty() ? count_void() : Match::yes;
}

std::optional<std::string> Evaluator::explain(const Verdict& verdict) {
  const bool has_text = verdict.result == Result::fail && verdict.record != nullptr &&
                        verdict.record->explanation.has_value();
  if (!has_text) return "";
  std::optional<std::string> name;
  if (!resolve(*verdict.record->explanation, verdict.domain, name)) return std::nullopt;
  if (!name) return "";
  const dns::Answer* answer = lookups_.find(*name, dns::Type::txt);
  if (answer == nullptr) return std::nullopt;
  if (answer->texts.size() != 1) return "";
  const auto text = parse_explain_string(answer->texts.front());
  if (!text) return "";
  if (!set_values(*text, verdict.domain)) return std::nullopt;
  return expand_text(*text, values_, max_explanation_size).value_or("");
}

bool Evaluator::resolve(const MacroString& target, const std::string& domain,
                        std::optional<std::string>& name) {
  if (!set_values(target, domain)) return false;
  name = expand_name(target, values_);
  return true;
}

bool Evaluator::set_values(const MacroString& string, const std::string& domain) {
  values_.domain = domain;
  if (!string.needs_client_name) return true;
  const auto names = validated_names(values_.client_ip, {}, limits_.names, lookups_);
  if (names) values_.client_name = client_name(*names, domain);
  return names.has_value();
}

bool Evaluator::take_term() {
  if (terms_ == limits_.terms) {
    problem_ = "more than " + std::to_string(limits_.terms) + " terms that ask DNS";
    return false;
  }
  ++terms_;
  return true;
}

Evaluator::Match Evaluator::count_void() {
  if (++void_lookups_ <= limits_.void_lookups) return Match::no;
  return failed(Match::permerror,
                "more than " + std::to_string(limits_.void_lookups) + " lookups that find nothing");
}

Evaluator::Match Evaluator::failed(Match match, std::string problem) {
  problem_ = std::move(problem);
  return match;
}

Evaluator::Match Evaluator::dns_failed(const dns::Answer& answer, Mechanism mechanism) {
  std::string problem = answer.status == dns::Status::timeout ? "DNS timeout: " : "DNS failure: ";
  problem += to_token(mechanism);
  return failed(Match::temperror, std::move(problem));
}

bool Evaluator::holds_client(const Directive& directive, const dns::Answer& answer) const {
  const unsigned prefix = values_.client_ip.is_v4() ? directive.prefix4 : directive.prefix6;
  return std::any_of(
      answer.addresses.begin(), answer.addresses.end(),
      [&](const IpAddress& address) { return values_.client_ip.is_in(address, prefix); });
}

}  // namespace postern::spf
