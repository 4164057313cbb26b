#include "lib/keyring/index.hpp"

#include <algorithm>
#include <tuple>

#include "lib/dns/name.hpp"

namespace postern::keyring {
namespace {

using Place = std::pair<std::string_view, std::string_view>;

Place place_of(const Key& key) {
  return {key.domain, key.selector};
}

template <typename Keys>
auto lower_bound(Keys& keys, const Place& place) {
  return std::lower_bound(keys.begin(), keys.end(), place,
                          [](const Key& key, const Place& at) { return place_of(key) < at; });
}

template <typename Keys>
auto find_in(Keys& keys, const Place& place) -> decltype(keys.data()) {
  const auto at = lower_bound(keys, place);
  return at != keys.end() && place_of(*at) == place ? &*at : nullptr;
}

// No selector is empty, so the empty one comes before all of the domain.
template <typename T, typename Keys>
std::span<T> range_of(Keys& keys, std::string_view domain) {
  const auto begin = lower_bound(keys, {domain, ""});
  const auto end =
      std::partition_point(begin, keys.end(), [&](const Key& key) { return key.domain == domain; });
  return std::span<T>(keys.data() + (begin - keys.begin()), static_cast<std::size_t>(end - begin));
}

bool is_normal(std::string_view name) {
  const auto parsed = dns::parse_domain(name);
  return parsed && *parsed == name;
}

}  // namespace

const Key* Index::find(std::string_view domain, std::string_view selector) const {
  return find_in(keys_, {domain, selector});
}

Key* Index::find(std::string_view domain, std::string_view selector) {
  return find_in(keys_, {domain, selector});
}

std::span<const Key> Index::of_domain(std::string_view domain) const {
  return range_of<const Key>(keys_, domain);
}

std::span<Key> Index::of_domain(std::string_view domain) {
  return range_of<Key>(keys_, domain);
}

Expected<void, std::string> Index::add(Key key) {
  if (!is_normal(key.domain) || key.domain.find('.') == std::string::npos) {
    return Unexpected<std::string>("the domain is no domain name with a dot in it");
  }
  if (!is_normal(key.selector)) return Unexpected<std::string>("the selector is no domain name");
  if (key.domain == index_file_name) {  // its folder would stand where the index belongs
    return Unexpected<std::string>("the domain has the name of the index file");
  }
  if (!dns::parse_name(key.record_name())) {
    return Unexpected<std::string>("selector and domain together are longer than DNS allows");
  }
  if (keys_.size() >= max_keys) {
    return Unexpected<std::string>("there are " + std::to_string(max_keys) + " keys already");
  }
  const auto at = lower_bound(keys_, place_of(key));
  if (at != keys_.end() && place_of(*at) == place_of(key)) {
    return Unexpected<std::string>(key.domain + " has a key with selector " + key.selector +
                                   " already");
  }
  keys_.insert(at, std::move(key));
  return {};
}

bool Index::remove(std::string_view domain, std::string_view selector) {
  const auto at = lower_bound(keys_, {domain, selector});
  if (at == keys_.end() || place_of(*at) != Place{domain, selector}) return false;
  keys_.erase(at);
  return true;
}

const UsedSelector* Index::find_used(std::string_view domain, std::string_view selector,
                                     std::int64_t now) const {
  const auto found = std::find_if(used_.begin(), used_.end(), [&](const UsedSelector& entry) {
    return entry.selector == selector && entry.domain == domain && entry.until > now;
  });
  return found == used_.end() ? nullptr : &*found;
}

void Index::add_used(UsedSelector entry, std::int64_t now) {
  const auto is_over = [&](const UsedSelector& other) {
    return other.until <= now || (other.domain == entry.domain && other.selector == entry.selector);
  };
  used_.erase(std::remove_if(used_.begin(), used_.end(), is_over), used_.end());
  if (used_.size() >= max_used_selectors) used_.erase(used_.begin());
  (void)append_used(std::move(entry));
}

bool Index::append_used(UsedSelector entry) {
  if (used_.size() >= max_used_selectors) return false;
  if (!is_normal(entry.domain) || !is_normal(entry.selector)) return false;
  used_.push_back(std::move(entry));
  return true;
}

}  // namespace postern::keyring
