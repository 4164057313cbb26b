#include "lib/greylist/greylist.hpp"

#include <array>

#include "lib/base/ascii.hpp"
#include "lib/dns/name.hpp"
#include "lib/greylist/records.hpp"
#include "lib/greylist/sender.hpp"

namespace postern::greylist {
namespace {

using store::Operation;

// How long it is remembered that an identity's return was counted in an hour.
constexpr store::Lifetime hour_lifetime = std::chrono::hours(2);

// First attempts cost a stranger nothing: when there are too many, they go before what was earned.
constexpr bool expendable = true;

// Whether a key holds a value; nothing while that is not known.
std::optional<bool> is_set(std::string key, store::Wants& wants) {
  const store::Result* result = wants.find(store::Get{std::move(key)});
  if (result == nullptr) return std::nullopt;
  const auto* value = std::get_if<store::Value>(result);
  return value != nullptr && value->value.has_value();
}

// What one decision is made with.
struct Round {
  const Settings& settings;
  store::Wants& wants;
  store::Time now;
};

// What frees a client when its key is there.
std::vector<Acquaintance> possible_acquaintances(const Client& client, const Attempt& attempt) {
  std::vector<Acquaintance> all;
  all.push_back({key_of(known_prefix, client.identity), "came back often enough", true});
  if (!attempt.rfc5321_mail_from.empty()) {
    all.push_back({key_of(address_prefix, ascii::to_lower(attempt.rfc5321_mail_from)),
                   "our users wrote to the sender"});
  }
  // Anybody can name a domain; only SPF shows that it is the one our users wrote to.
  if (client.spf == authres::Result::pass) {
    constexpr std::string_view why = "our users wrote to the domain";
    all.push_back({key_of(domain_prefix, client.spf_domain), why});
    if (!client.spf_organization.empty() && client.spf_organization != client.spf_domain) {
      all.push_back({key_of(domain_prefix, client.spf_organization), why});
    }
  }
  return all;
}

// Counts a return of this identity; true when it is the one that whitelists it. Nothing while a
// result is missing.
std::optional<bool> count_return(const std::string& identity, const Round& round) {
  const auto& [settings, wants, now] = round;
  if (settings.passes == 0) return false;
  const store::Result* hour =
      wants.find(store::PutIfAbsent{hour_key(identity, now), "1", hour_lifetime});
  if (hour == nullptr) return std::nullopt;
  const auto* before = std::get_if<store::Value>(hour);
  if (before == nullptr || before->value) return false;
  const store::Result* added =
      wants.find(store::Add{key_of(passes_prefix, identity), 1, settings.lifetime});
  if (added == nullptr) return std::nullopt;
  const auto* number = std::get_if<store::Number>(added);
  return number != nullptr && number->number >= static_cast<std::int64_t>(settings.passes);
}

Outcome hold(Outcome outcome, std::chrono::milliseconds retry_after, std::string_view what,
             const std::string& signs) {
  outcome.is_held = true;
  outcome.retry_after = retry_after;
  outcome.why = std::string(what) + " of " + outcome.identity;
  if (!signs.empty()) outcome.why += " (" + signs + ")";
  return outcome;
}

// The attempt is that of a triplet seen before, long enough ago.
std::optional<Outcome> pass_return(Outcome outcome, const std::string& key, Triplet triplet,
                                   const Round& round) {
  const auto& [settings, wants, now] = round;
  const auto is_known = count_return(outcome.identity, round);
  if (!is_known) return std::nullopt;
  if (triplet.returned) {
    outcome.writes.emplace_back(store::PutIfAbsent{key, format(triplet), settings.lifetime});
  } else {
    triplet.returned = true;
    outcome.writes.emplace_back(store::Put{key, format(triplet), settings.lifetime});
    outcome.writes.emplace_back(store::Add{figures_key(now, "returned"), 1, figures_lifetime});
  }
  if (*is_known) {
    outcome.writes.emplace_back(
        store::Put{key_of(known_prefix, outcome.identity), "1", settings.lifetime});
  }
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - triplet.first);
  outcome.why = outcome.identity + " came again after " + std::to_string(age.count()) + " s";
  return outcome;
}

std::optional<Outcome> judge_triplet(Outcome outcome, const Attempt& attempt,
                                     const std::string& signs, const Round& round) {
  const auto& [settings, wants, now] = round;
  const std::string key =
      triplet_key(outcome.identity, normalized_sender(attempt.rfc5321_mail_from),
                  normalized_recipient(attempt.recipient));
  const std::string first = format(Triplet{now, false});
  const store::Result* result =
      wants.find(store::PutIfAbsent{key, first, settings.window, expendable});
  if (result == nullptr) return std::nullopt;
  const auto* before = std::get_if<store::Value>(result);
  if (before == nullptr || !before->value) {
    outcome.writes.emplace_back(store::Add{figures_key(now, "held"), 1, figures_lifetime});
    return hold(std::move(outcome), settings.delay, "first attempt", signs);
  }
  const auto triplet = parse_triplet(*before->value);
  if (!triplet || triplet->first > now) {
    outcome.writes.emplace_back(store::Put{key, first, settings.window, expendable});
    return hold(std::move(outcome), settings.delay, "first attempt (the clock went back)", signs);
  }
  const auto age = now - triplet->first;
  if (age < settings.delay && !triplet->returned) {
    return hold(std::move(outcome), settings.delay - age, "early retry", signs);
  }
  return pass_return(std::move(outcome), key, *triplet, round);
}

Outcome pass(std::string why) {
  Outcome outcome;
  outcome.why = std::move(why);
  return outcome;
}

}  // namespace

std::optional<Acquaintance> find_acquaintance(const Client& client, const Attempt& attempt,
                                              store::Wants& wants) {
  Acquaintance found;
  bool is_known = true;
  for (Acquaintance& possible : possible_acquaintances(client, attempt)) {
    const auto set = is_set(possible.key, wants);  // all of them, so that all are asked at once
    if (!set) is_known = false;
    if (set && *set && found.key.empty()) found = std::move(possible);
  }
  return is_known ? std::optional(std::move(found)) : std::nullopt;
}

std::optional<Outcome> evaluate(const Client& client, const Attempt& attempt,
                                const Settings& settings, store::Wants& wants, store::Time now) {
  if (settings.when == When::never) return pass("greylist.when is never");
  std::string trusted = trust(client, settings);
  if (!trusted.empty()) return pass(std::move(trusted));
  const bool seeks_signs = settings.when == When::suspicious;
  const std::string signs = seeks_signs ? suspicion(client, settings) : std::string();
  if (seeks_signs && signs.empty()) return pass("not suspicious");

  Outcome outcome;
  outcome.identity = client.identity;
  const auto found = find_acquaintance(client, attempt, wants);
  if (!found) return std::nullopt;
  if (found->key.empty()) {
    return judge_triplet(std::move(outcome), attempt, signs, {settings, wants, now});
  }
  outcome.why = found->by_returns ? outcome.identity + " " + std::string(found->why) : found->why;
  // Only what our users do keeps a contact; a client stays known by sending.
  if (found->by_returns) {
    outcome.writes.emplace_back(store::PutIfAbsent{found->key, "1", settings.lifetime});
  }
  return outcome;
}

std::vector<store::Operation> contact_operations(std::string_view recipient,
                                                 const Settings& settings) {
  std::vector<store::Operation> operations;
  const std::size_t at = recipient.rfind('@');
  if (settings.contact_lifetime.count() == 0 || at == recipient.npos) return operations;
  const auto domain = dns::parse_domain(recipient.substr(at + 1));
  if (!domain) return operations;
  const std::string address = ascii::to_lower(recipient.substr(0, at + 1)) + *domain;
  for (const std::string& key : {key_of(address_prefix, address), key_of(domain_prefix, *domain)}) {
    operations.emplace_back(store::PutIfAbsent{key, "1", settings.contact_lifetime});
  }
  return operations;
}

}  // namespace postern::greylist
