#include "lib/dnslist/health.hpp"

#include <algorithm>

#include "lib/base/ascii.hpp"
#include "lib/dns/name.hpp"
#include "lib/dnslist/answer.hpp"
#include "lib/dnslist/evaluate.hpp"

namespace postern::dnslist {
namespace {

constexpr std::size_t max_name_in_key = 200;

// The name of a probe, or nothing when it is none.
std::optional<std::string> name_of(const List& list, const std::string& entry) {
  if (entry.empty()) return std::nullopt;
  if (list.kind == Kind::domain)
    return dns::parse_domain(entry).value_or("invalid") + "." + list.zone;
  const auto address = parse_ip_address(entry);
  if (!address) return std::nullopt;
  return query_name(*address, list.zone);
}

Probe kind_of(const Reading& reading, const dns::Answer& answer) {
  if (answer.is_failure()) return Probe::silent;
  return reading.refused ? Probe::refuses : Probe::foreign;
}

// Of a probe any code counts, also one that the operator does not ask for.
Reading read_any(const List& list, const dns::Answer& answer) {
  List any;
  any.weight = list.weight;
  return read_answer(any, answer);
}

ProbeResult judge(const List& list, const dns::Answer* listed, const dns::Answer* unlisted) {
  for (const dns::Answer* answer : {unlisted, listed}) {
    if (answer == nullptr) continue;
    const Reading reading = read_any(list, *answer);
    if (!reading.problem.empty()) return {kind_of(reading, *answer), reading.problem};
    if (reading.listed && answer == unlisted) {
      return {Probe::lists_all, "lists " + list.probe_unlisted + ", which no list may"};
    }
    if (!reading.listed && answer == listed) {
      return {Probe::lists_none, "does not list " + list.probe_listed + ", its test entry"};
    }
  }
  return {};
}

std::string_view remedy(Probe probe) {
  switch (probe) {
    case Probe::works: return "";
    case Probe::silent: return "see whether your resolver reaches it";
    case Probe::refuses: return "use a resolver of your own, or register with the list";
    case Probe::lists_all:
    case Probe::foreign: return "see whether the list still exists";
    case Probe::lists_none:
      return "see whether the list still exists; if it has no test entry, set probe_listed = \"\"";
  }
  return "";
}

}  // namespace

dns::Evaluation<ProbeResult> probe(const List& list, const dns::Answers& answers) {
  dns::Lookups lookups(answers);
  const auto ask = [&](const std::string& entry) -> const dns::Answer* {
    const auto name = name_of(list, entry);
    if (!name || name->size() > dns::max_name_size) return nullptr;
    return lookups.find(*name, dns::Type::a);
  };
  const dns::Answer* listed = ask(list.probe_listed);
  const dns::Answer* unlisted = ask(list.probe_unlisted);
  if (lookups.has_missing()) return lookups.missing();
  return judge(list, listed, unlisted);
}

std::optional<HealthChange> Health::note(std::string_view name, const ProbeResult& result) {
  const std::string list = "DNS list " + std::string(name);
  if (result.probe == Probe::works) {
    silent_ = 0;
    if (on_) return std::nullopt;
    on_ = true;
    return HealthChange{true, list + " works again and is asked"};
  }
  silent_ = result.probe == Probe::silent ? std::min(silent_ + 1, max_silent) : 0;
  if (!on_ || (result.probe == Probe::silent && silent_ < max_silent)) return std::nullopt;
  on_ = false;
  return HealthChange{false, list + " " + result.detail +
                                 "; it is not asked until it works again; " +
                                 std::string(remedy(result.probe))};
}

std::string format(const Health& health) {
  return std::string(health.on_ ? "on " : "off ") + std::to_string(health.silent_);
}

std::optional<Health> parse_health(std::string_view text) {
  Health health;
  if (text.starts_with("off ")) {
    health.on_ = false;
  } else if (!text.starts_with("on ")) {
    return std::nullopt;
  }
  const std::string_view digit = text.substr(health.on_ ? 3 : 4);
  if (digit.size() != 1 || !ascii::is_digit(digit[0])) return std::nullopt;
  health.silent_ = static_cast<unsigned>(digit[0] - '0');
  return health.silent_ <= Health::max_silent ? std::optional(health) : std::nullopt;
}

std::string health_key(std::string_view list_name) {
  return "d/" + std::string(list_name.substr(0, max_name_in_key));
}

std::vector<List> HealthBook::active(std::span<const List> lists) const {
  std::vector<List> on;
  std::copy_if(lists.begin(), lists.end(), std::back_inserter(on),
               [this](const List& list) { return of(list.name).is_on(); });
  return on;
}

std::optional<HealthChange> HealthBook::note(const List& list, const ProbeResult& result) {
  return states_[list.name].note(list.name, result);
}

const Health& HealthBook::of(const std::string& list_name) const {
  static const Health working;
  const auto found = states_.find(list_name);
  return found == states_.end() ? working : found->second;
}

}  // namespace postern::dnslist
