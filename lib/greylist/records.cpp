#include "lib/greylist/records.hpp"

#include <algorithm>
#include <charconv>

#include "lib/dns/name.hpp"
#include "lib/policy/network.hpp"
#include "lib/store/key.hpp"

namespace postern::greylist {
namespace {

constexpr std::int64_t ms_per_hour = 3'600'000;

std::int64_t ms_of(store::Time time) {
  return std::max<std::int64_t>(time.time_since_epoch().count(), 0);
}

}  // namespace

std::string format(const Triplet& triplet) {
  return std::to_string(ms_of(triplet.first)) + (triplet.returned ? "+" : "");
}

std::optional<Triplet> parse_triplet(std::string_view value) {
  Triplet triplet;
  triplet.returned = value.ends_with('+');
  if (triplet.returned) value.remove_suffix(1);
  std::int64_t ms = 0;
  const char* const end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, ms);
  if (error != std::errc{} || stop != end || ms < 0) return std::nullopt;
  triplet.first = store::Time(std::chrono::milliseconds(ms));
  return triplet;
}

std::string triplet_key(std::string_view identity, std::string_view sender,
                        std::string_view recipient) {
  return store::bounded_key(triplet_prefix, {identity, sender, recipient});
}

std::string key_of(std::string_view prefix, std::string_view part) {
  return store::bounded_key(prefix, {part});
}

std::string hour_key(std::string_view identity, store::Time now) {
  return store::bounded_key(hour_prefix, {identity, std::to_string(ms_of(now) / ms_per_hour)});
}

std::int64_t day_of(store::Time now) {
  return ms_of(now) / (24 * ms_per_hour);
}

std::string figures_key(store::Time now, std::string_view what) {
  return store::bounded_key(figures_prefix, {std::to_string(day_of(now)), what});
}

std::vector<std::string> identities_named(std::string_view text) {
  for (const std::string_view kind : {"spf:", "name:", "net:"}) {
    if (text.starts_with(kind) && text.size() > kind.size()) return {std::string(text)};
  }
  const auto network = parse_ip_network(text);
  if (network) return {"net:" + policy::client_network(network->address)};
  const auto domain = dns::parse_domain(text);
  if (!domain) return {};
  return {"spf:" + *domain, "name:" + *domain};
}

std::vector<store::Operation> pass_operations(const std::vector<std::string>& identities,
                                              const Settings& settings) {
  std::vector<store::Operation> operations;
  operations.reserve(identities.size());
  for (const std::string& identity : identities) {
    operations.emplace_back(store::Put{key_of(known_prefix, identity), "1", settings.lifetime});
  }
  return operations;
}

std::vector<store::Operation> forget_operations(const std::vector<std::string>& identities) {
  std::vector<store::Operation> operations;
  for (const std::string& identity : identities) {
    operations.emplace_back(store::Erase{key_of(known_prefix, identity)});
    operations.emplace_back(store::Erase{key_of(passes_prefix, identity)});
  }
  return operations;
}

}  // namespace postern::greylist
