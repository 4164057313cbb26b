#include "lib/mta_sts/entry.hpp"

#include <algorithm>
#include <charconv>

#include "lib/dns/name.hpp"
#include "lib/mta_sts/record.hpp"

namespace postern::mta_sts {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view key_prefix = "s/";
constexpr std::string_view format_version = "sts1";
constexpr std::string_view no_id = "-";
constexpr std::chrono::hours clock_slack{24};
constexpr std::int64_t latest = 1LL << 50;  // milliseconds; keeps sums far from overflow

// Time since an event, 0 when the clock has stepped back.
milliseconds since(store::Time event, store::Time now) {
  return std::max(now - event, milliseconds(0));
}

std::string id_or_dash(const std::string& id) {
  return is_id(id) ? id : std::string(no_id);
}

std::string_view take_word(std::string_view& rest, char end) {
  const std::size_t size = std::min(rest.find(end), rest.size());
  const std::string_view word = rest.substr(0, size);
  rest.remove_prefix(std::min(size + 1, rest.size()));
  return word;
}

bool read_id(std::string_view word, std::string& id) {
  if (word == no_id) return true;
  id = word;
  return is_id(word);
}

bool read_time(std::string_view word, store::Time& time) {
  std::int64_t number = 0;
  const char* const end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, number);
  time = store::Time(milliseconds(number));
  return error == std::errc{} && stop == end && number >= 0 && number < latest;
}

}  // namespace

milliseconds time_left(const Entry& entry, store::Time now) {
  if (!entry.policy || entry.fetched - now > clock_slack) return milliseconds(0);
  const milliseconds age = since(entry.fetched, now);
  return std::max(milliseconds(entry.policy->max_age) - age, milliseconds(0));
}

bool is_valid(const Entry& entry, store::Time now) {
  return time_left(entry, now) > milliseconds(0);
}

bool has_just_failed(const Entry& entry, std::string_view id, store::Time now) {
  if (entry.failed_id.empty() || entry.failed_id != id) return false;
  return entry.failed - now <= clock_slack && since(entry.failed, now) < retry_interval;
}

bool is_refresh_due(const Entry& entry, store::Time now) {
  if (!entry.policy || !is_valid(entry, now)) return false;
  const milliseconds half = milliseconds(entry.policy->max_age) / 2;
  return since(entry.fetched, now) >= std::min(half, milliseconds(refresh_interval));
}

std::string key_of(std::string_view domain) {
  return std::string(key_prefix).append(domain);
}

std::optional<std::string> domain_of_key(std::string_view key) {
  if (!key.starts_with(key_prefix)) return std::nullopt;
  const auto domain = dns::parse_domain(key.substr(key_prefix.size()));
  return domain ? std::optional(*domain) : std::nullopt;
}

std::string format(const Entry& entry) {
  std::string text(format_version);
  text += " " + id_or_dash(entry.id) + " " +
          std::to_string(entry.fetched.time_since_epoch().count()) + " " +
          id_or_dash(entry.failed_id) + " " +
          std::to_string(entry.failed.time_since_epoch().count()) + "\n";
  return entry.policy ? text + format(*entry.policy) : text;
}

std::optional<Entry> parse_entry(std::string_view text) {
  std::string_view rest = text;
  std::string_view head = take_word(rest, '\n');
  Entry entry;
  if (take_word(head, ' ') != format_version || !read_id(take_word(head, ' '), entry.id) ||
      !read_time(take_word(head, ' '), entry.fetched) ||
      !read_id(take_word(head, ' '), entry.failed_id) ||
      !read_time(take_word(head, ' '), entry.failed) || !head.empty()) {
    return std::nullopt;
  }
  if (rest.empty()) return entry;
  auto policy = parse_policy(rest);
  if (!policy) return std::nullopt;
  entry.policy = std::move(*policy);
  return entry;
}

store::Operation keep(std::string_view domain, const Entry& entry, store::Time now) {
  const milliseconds lifetime = std::max(time_left(entry, now), milliseconds(2 * retry_interval));
  return store::Put{key_of(domain), format(entry), lifetime};
}

}  // namespace postern::mta_sts
