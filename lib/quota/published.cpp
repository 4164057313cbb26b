#include "lib/quota/published.hpp"

#include "lib/base/ascii.hpp"
#include "lib/base/named_values.hpp"
#include "lib/store/key.hpp"

namespace postern::quota {
namespace {

constexpr std::string_view gate_key = "q/on";
// For `postern quota show`; who decides looks at quota.max_age.
constexpr store::Lifetime usage_lifetime = std::chrono::hours(24 * 90);
// A mailbox that is so many percent below a level may be warned of it again.
constexpr std::int64_t well_below = 5;
// Clocks of one host may differ by so much between two processes; more is a clock set back.
constexpr std::chrono::seconds clock_slack{5};

std::string usage_key(std::string_view user) {
  return store::bounded_key(usage_prefix, {ascii::to_lower(user)});
}

std::string alive_key(std::string_view host) {
  return store::bounded_key("q/h/", {host});
}

const std::string* value_of(const store::Result& result) {
  const auto* value = std::get_if<store::Value>(&result);
  return value != nullptr && value->value ? &*value->value : nullptr;
}

bool is_unknown(const Usage& usage) {
  return !usage.is_certain && usage.storage == Resource() && usage.messages == Resource();
}

// A session has the limits of its login: an older one brings newer counts, but no newer limits. Who
// cannot tell them has none.
Usage merged(Usage usage, const Usage& before, store::Time now) {
  if (is_unknown(usage)) {
    usage.storage = before.storage;
    usage.messages = before.messages;
  }
  if (usage.session >= before.session || before.session > now + clock_slack) return usage;
  usage.storage.limit = before.storage.limit;
  usage.messages.limit = before.messages.limit;
  usage.grace = before.grace;
  usage.session = before.session;
  return usage;
}

}  // namespace

std::vector<store::Operation> alive_operations(std::string_view host, store::Time since) {
  return {store::Put{std::string(gate_key), "1", alive_lifetime},
          store::Put{alive_key(host), std::to_string(since.time_since_epoch().count()),
                     alive_lifetime}};
}

std::vector<store::Operation> away_operations(std::string_view host) {
  return {store::Erase{alive_key(host)}};
}

store::Operation gate_lookup() {
  return store::Get{std::string(gate_key)};
}

store::Operation usage_lookup(std::string_view user) {
  return store::Get{usage_key(user)};
}

std::optional<Usage> usage_of(const store::Result& result) {
  const std::string* value = value_of(result);
  if (value == nullptr) return std::nullopt;
  auto usage = parse_usage(*value);
  return usage ? std::optional(std::move(*usage)) : std::nullopt;
}

std::vector<store::Operation> forget_operations(std::string_view user) {
  return {store::Erase{usage_key(user)}};
}

store::Operation alive_lookup(std::string_view host) {
  return store::Get{alive_key(host)};
}

std::optional<store::Time> since_of(const store::Result& result) {
  const std::string* value = value_of(result);
  std::int64_t ms = 0;
  if (value == nullptr || !read_number(*value, max_time_ms, ms)) return std::nullopt;
  return store::Time(std::chrono::milliseconds(ms));
}

std::string_view doubt(const Usage& usage, std::optional<store::Time> since,
                       const Settings& settings, store::Time now) {
  if (!usage.is_certain) return "only Dovecot knows";
  if (!since) return "its learner is away";
  if (usage.time < *since) return "nothing heard since the learner began";
  if (usage.time + settings.max_age < now) return "heard of too long ago";
  return "";
}

std::string warned_key(std::string_view user, std::int64_t level) {
  return store::bounded_key("q/w/", {ascii::to_lower(user), std::to_string(level)});
}

std::optional<std::vector<store::Operation>> publish(const Usage& usage, const Settings& settings,
                                                     store::Wants& wants, store::Time now) {
  const store::Result* result = wants.find(usage_lookup(usage.user));
  if (result == nullptr) return std::nullopt;
  const std::optional<Usage> before = usage_of(*result);
  const bool is_later = before && before->time > usage.time && before->time < now + clock_slack;
  // Nobody has to be told not to rely on what there is not, whoever claims it.
  const bool is_no_news = !before && is_unknown(usage);
  if (is_later || is_no_news) return std::vector<store::Operation>();
  const Usage published = before ? merged(usage, *before, now) : usage;
  std::vector<store::Operation> writes = {
      store::Put{usage_key(usage.user), format(published), usage_lifetime}};
  std::vector<std::int64_t> levels = settings.warn_levels;
  levels.push_back(full_level);
  for (const std::int64_t level : levels) {
    const bool was_near = before && percent(*before) + well_below >= level;
    if (was_near && percent(published) + well_below < level) {
      writes.emplace_back(store::Erase{warned_key(usage.user, level)});
    }
  }
  return writes;
}

}  // namespace postern::quota
