#include "lib/ratelimit/brake_state.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "lib/base/ascii.hpp"
#include "lib/store/hash.hpp"
#include "lib/store/key.hpp"

namespace postern::ratelimit {
namespace {

constexpr std::uint64_t second_basis = 0x9e3779b97f4a7c15U;  // any other than fnv_basis
constexpr std::int64_t ms_per_hour = 3'600'000;

std::string period_of(store::Time now, std::int64_t ms) {
  return std::to_string(std::max<std::int64_t>(now.time_since_epoch().count(), 0) / ms);
}

std::string printable(std::string_view text) {
  std::string out(text.substr(0, max_why_size));
  for (char& c : out) {
    if (!ascii::is_printable(c)) c = '?';
  }
  return out;
}

std::string key_of(std::string_view prefix, std::string_view login) {
  return store::bounded_key(prefix, {ascii::to_lower(login)});
}

}  // namespace

std::string_view to_word(BrakeState::Kind kind) {
  switch (kind) {
    case BrakeState::Kind::held: return "held";
    case BrakeState::Kind::denied: return "denied";
  }
  return "";
}

std::string format(const BrakeState& state) {
  std::string value(to_word(state.kind));
  value += '\t' + std::to_string(state.since.time_since_epoch().count());
  value += '\t' + printable(state.login);
  return value + '\t' + printable(state.why);
}

std::optional<BrakeState> parse_brake_state(std::string_view value) {
  std::array<std::string_view, 4> fields;
  for (std::size_t at = 0; at < fields.size(); ++at) {
    const bool is_last = at + 1 == fields.size();
    const std::size_t end = is_last ? value.size() : value.find('\t');
    if (end == value.npos) return std::nullopt;
    fields[at] = value.substr(0, end);
    value.remove_prefix(std::min(end + 1, value.size()));
  }
  BrakeState state;
  if (fields[0] == to_word(BrakeState::Kind::denied)) {
    state.kind = BrakeState::Kind::denied;
  } else if (fields[0] != to_word(BrakeState::Kind::held)) {
    return std::nullopt;
  }
  std::int64_t ms = 0;
  const char* const end = fields[1].data() + fields[1].size();
  const auto [stop, error] = std::from_chars(fields[1].data(), end, ms);
  if (error != std::errc{} || stop != end) return std::nullopt;
  state.since = store::Time(std::chrono::milliseconds(ms));
  state.login = printable(fields[2]);
  state.why = printable(fields[3]);
  return state;
}

std::string brake_key(std::string_view login) {
  return key_of(brake_prefix, login);
}

std::string observed_key(std::string_view login) {
  return key_of(observed_prefix, login);
}

std::string hour_key(std::string_view login, store::Time now) {
  return store::bounded_key(hour_prefix, {ascii::to_lower(login), period_of(now, ms_per_hour)});
}

std::string day_key(std::string_view prefix, std::string_view login, store::Time now) {
  return store::bounded_key(prefix, {ascii::to_lower(login), period_of(now, 24 * ms_per_hour)});
}

std::string met_key(std::string_view login, std::string_view recipient) {
  const std::string name = ascii::to_lower(login);
  const std::string text = name + '|' + ascii::to_lower(recipient);
  return store::bounded_key(met_prefix, {name, std::to_string(store::fnv1a(text)),
                                         std::to_string(store::fnv1a(text, second_basis))});
}

std::vector<store::Operation> release_operations(std::string_view login, store::Time now) {
  std::vector<store::Operation> operations;
  for (std::string& key :
       std::array{brake_key(login), observed_key(login), hour_key(login, now),
                  day_key(day_prefix, login, now), day_key(bounced_prefix, login, now)}) {
    operations.emplace_back(store::Erase{std::move(key)});
  }
  return operations;
}

std::vector<store::Operation> deny_operations(std::string_view login, std::string_view why,
                                              store::Time now) {
  const BrakeState state{BrakeState::Kind::denied, now, std::string(login), std::string(why)};
  return {store::Put{brake_key(login), format(state), state_lifetime}};
}

}  // namespace postern::ratelimit
