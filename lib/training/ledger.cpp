#include "lib/training/ledger.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "lib/store/bounds.hpp"
#include "lib/store/hash.hpp"
#include "lib/store/key.hpp"

namespace postern::training {
namespace {

constexpr std::size_t max_user_part = 100;  // octets, each three at most in a key
constexpr store::Lifetime lifetime = store::max_lifetime;
constexpr std::array outcomes = {Outcome::learned, Outcome::relearned, Outcome::forgotten,
                                 Outcome::known, Outcome::outdated};

std::optional<store::Time> read_time(std::string_view text) {
  std::int64_t ms = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, ms);
  if (error != std::errc() || stop != end || ms < 0) return std::nullopt;
  return store::Time(std::chrono::milliseconds(ms));
}

std::string text_of(store::Time time) {
  return std::to_string(time.time_since_epoch().count());
}

std::string message_key(std::string_view user, std::string_view hash) {
  return store::bounded_key(message_prefix, {user_part(user), hash});
}

std::string message_key(const Event& event) {
  return message_key(event.user, event.hash);
}

std::string receipt_key(const Event& event) {
  return store::bounded_key(receipt_prefix, {user_part(event.user), event.id});
}

std::string count_key(std::string_view user, Kind kind) {
  if (user.empty()) return store::bounded_key(site_prefix, {to_word(kind)});
  return store::bounded_key(count_prefix, {user_part(user), to_word(kind)});
}

std::string user_key(std::string_view user) {
  return store::bounded_key(user_prefix, {user_part(user)});
}

void count(std::vector<store::Operation>& writes, std::string_view user, Kind kind,
           std::int64_t delta) {
  if (kind == Kind::none) return;
  writes.emplace_back(store::Add{count_key(user, kind), delta, lifetime});
  writes.emplace_back(store::Add{count_key({}, kind), delta, lifetime});
}

const std::string* text_in(const store::Result& result) {
  const auto* value = std::get_if<store::Value>(&result);
  return value != nullptr && value->value ? &*value->value : nullptr;
}

Outcome outcome_of(const Event& event, const std::optional<State>& before) {
  if (before && event.time < before->time) return Outcome::outdated;
  const Kind kind = before ? before->kind : Kind::none;
  if (kind == event.kind) return Outcome::known;
  if (event.kind == Kind::none) return Outcome::forgotten;
  return kind == Kind::none ? Outcome::learned : Outcome::relearned;
}

std::vector<store::Operation> writes_for(const Event& event, Kind before, Outcome outcome) {
  std::vector<store::Operation> writes;
  writes.emplace_back(
      store::Put{receipt_key(event), format(Receipt{outcome, event}), receipt_lifetime});
  if (outcome == Outcome::outdated) return writes;
  writes.emplace_back(
      store::Put{message_key(event), format(State{event.kind, event.time}), lifetime});
  writes.emplace_back(
      store::Put{user_key(event.user), format(UserEntry{event.user, event.time}), lifetime});
  if (outcome == Outcome::known) return writes;
  count(writes, event.user, event.kind, 1);
  count(writes, event.user, before, -1);
  return writes;
}

std::int64_t number_of(const store::Result& result) {
  const auto* counted = std::get_if<store::Number>(&result);
  return counted == nullptr ? 0 : std::max<std::int64_t>(counted->number, 0);
}

}  // namespace

std::string_view to_word(Outcome outcome) {
  switch (outcome) {
    case Outcome::learned: return "learned";
    case Outcome::relearned: return "relearned";
    case Outcome::forgotten: return "forgotten";
    case Outcome::known: return "known";
    case Outcome::outdated: return "outdated";
  }
  return "";
}

std::string format(const State& state) {
  return std::string(to_word(state.kind)) + " " + text_of(state.time);
}

std::optional<State> parse_state(std::string_view value) {
  for (const Kind kind : {Kind::spam, Kind::ham, Kind::none}) {
    const std::string_view word = to_word(kind);
    if (!value.starts_with(word) || value.substr(word.size()).substr(0, 1) != " ") continue;
    const auto time = read_time(value.substr(word.size() + 1));
    if (time) return State{kind, *time};
  }
  return std::nullopt;
}

std::string format(const Receipt& receipt) {
  return std::string(to_word(receipt.outcome)) + " " + format(receipt.event);
}

std::optional<Receipt> parse_receipt(std::string_view value) {
  const std::size_t blank = value.find(' ');
  if (blank == value.npos) return std::nullopt;
  const auto outcome = std::find_if(outcomes.begin(), outcomes.end(), [&](Outcome each) {
    return to_word(each) == value.substr(0, blank);
  });
  auto event = parse_event(value.substr(blank + 1));
  if (outcome == outcomes.end() || !event) return std::nullopt;
  return Receipt{*outcome, std::move(*event)};
}

std::string format(const UserEntry& entry) {
  return text_of(entry.last) + " " + entry.user;
}

std::optional<UserEntry> parse_user_entry(std::string_view value) {
  const std::size_t blank = value.find(' ');
  const auto time = read_time(value.substr(0, blank));
  if (!time || blank == value.npos) return std::nullopt;
  return UserEntry{std::string(value.substr(blank + 1)), *time};
}

std::string user_part(std::string_view user) {
  if (user.size() <= max_user_part) return std::string(user);
  constexpr std::size_t hash_size = 20;  // decimal digits of 64 bits
  return std::string(user.substr(0, max_user_part - hash_size - 1)) + "~" +
         std::to_string(store::fnv1a(user));
}

std::string user_keys(std::string_view prefix, std::string_view user) {
  return store::bounded_key(prefix, {user_part(user), ""});
}

std::optional<Decision> evaluate(const Event& event, store::Wants& wants) {
  const store::Result* receipt = wants.find(store::Get{receipt_key(event)});
  const store::Result* message = wants.find(store::Get{message_key(event)});
  if (receipt == nullptr || message == nullptr) return std::nullopt;
  if (const std::string* text = text_in(*receipt)) {
    const auto before = parse_receipt(*text);
    return Decision{before ? before->outcome : Outcome::known, true, {}};
  }
  const std::string* text = text_in(*message);
  const std::optional<State> before = text == nullptr ? std::nullopt : parse_state(*text);
  const Outcome outcome = outcome_of(event, before);
  return Decision{outcome, false, writes_for(event, before ? before->kind : Kind::none, outcome)};
}

std::vector<store::Operation> count_lookups(std::string_view user) {
  return {store::Add{count_key(user, Kind::spam), 0, lifetime},
          store::Add{count_key(user, Kind::ham), 0, lifetime}};
}

Counts counts_of(const store::Result& spam, const store::Result& ham) {
  return {number_of(spam), number_of(ham)};
}

store::Operation state_lookup(std::string_view user, std::string_view hash) {
  return store::Get{message_key(user, hash)};
}

std::vector<store::Operation> unlearn_operations(const Event& event) {
  std::vector<store::Operation> operations;
  operations.emplace_back(store::Erase{message_key(event)});
  count(operations, event.user, event.kind, -1);
  return operations;
}

std::vector<store::Operation> forget_operations(std::string_view user, const Counts& counts) {
  std::vector<store::Operation> operations;
  for (const Kind kind : {Kind::spam, Kind::ham}) {
    operations.emplace_back(store::Erase{count_key(user, kind)});
    operations.emplace_back(
        store::Add{count_key({}, kind), kind == Kind::spam ? -counts.spam : -counts.ham, lifetime});
  }
  operations.emplace_back(store::Erase{user_key(user)});
  return operations;
}

}  // namespace postern::training
