// Answers of tables that are used again for a while.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <map>

#include "lib/recipients/lookups.hpp"

namespace postern::io {

/// Keeps what was asked for last. Not thread-safe.
class LookupCache {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// \param max_entries  At least one.
  /// \param max_octets   Of keys and texts.
  LookupCache(std::size_t max_entries, std::size_t max_octets)
      : max_entries_(max_entries), max_octets_(max_octets) {}

  /// nullptr if it is not known now; valid until the next keep().
  [[nodiscard]] const recipients::Answer* find(const recipients::Lookup& lookup, Time now);
  /// In place of what was known before.
  void keep(const recipients::Lookup& lookup, recipients::Answer answer, Time expires);
  [[nodiscard]] std::size_t size() const { return by_lookup_.size(); }

 private:
  struct Entry;
  using Entries = std::map<recipients::Lookup, Entry>;
  struct Entry {
    recipients::Answer answer;
    Time expires;
    std::list<Entries::const_iterator>::iterator use;
  };

  void erase(Entries::iterator entry);

  const std::size_t max_entries_;
  const std::size_t max_octets_;
  std::size_t octets_ = 0;
  Entries by_lookup_;
  std::list<Entries::const_iterator> by_use_;  // the last one used first
};

}  // namespace postern::io
