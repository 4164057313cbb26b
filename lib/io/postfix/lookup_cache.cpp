#include "lib/io/postfix/lookup_cache.hpp"

#include <utility>

namespace postern::io {
namespace {

std::size_t octets_of(const recipients::Lookup& lookup, const recipients::Answer& answer) {
  return lookup.table.size() + lookup.key.size() + answer.text.size();
}

}  // namespace

const recipients::Answer* LookupCache::find(const recipients::Lookup& lookup, Time now) {
  const auto found = by_lookup_.find(lookup);
  if (found == by_lookup_.end()) return nullptr;
  if (found->second.expires <= now) {
    erase(found);
    return nullptr;
  }
  by_use_.splice(by_use_.begin(), by_use_, found->second.use);
  return &found->second.answer;
}

void LookupCache::keep(const recipients::Lookup& lookup, recipients::Answer answer, Time expires) {
  const auto known = by_lookup_.find(lookup);
  if (known != by_lookup_.end()) erase(known);
  octets_ += octets_of(lookup, answer);
  const auto entry = by_lookup_.emplace(lookup, Entry{std::move(answer), expires, {}}).first;
  by_use_.push_front(entry);
  entry->second.use = by_use_.begin();
  while (by_lookup_.size() > max_entries_ || octets_ > max_octets_) {
    erase(by_lookup_.find(by_use_.back()->first));
  }
}

void LookupCache::erase(Entries::iterator entry) {
  octets_ -= octets_of(entry->first, entry->second.answer);
  by_use_.erase(entry->second.use);
  by_lookup_.erase(entry);
}

}  // namespace postern::io
