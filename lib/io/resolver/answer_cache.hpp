// Answers of DNS kept for a while in our own process, so that a repeated question costs no wakeup.
#pragma once

#include <list>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "lib/io/resolver/mailbox.hpp"

namespace postern::io {

struct CacheLimits {
  std::size_t bytes = 4 << 20;  ///< Of keys and records, as estimated by the cache.
  std::size_t entries = 20000;
};

/// How long an answer with this TTL may be reused: records an hour, "no such name" a minute,
/// servfail a second, a timeout never. TTLs with the top bit set count as zero (RFC 2181 §8).
[[nodiscard]] std::chrono::seconds cache_time(dns::Status status, std::uint32_t ttl);

/// The least recently used answers go first. Any thread may call it.
class AnswerCache {
 public:
  explicit AnswerCache(const CacheLimits& limits) : limits_(limits) {}

  /// nullptr when not known or no longer valid at `now`.
  [[nodiscard]] SharedAnswer find(const dns::Question& question, Clock::time_point now);
  /// Replaces what was known. With a cache_time of zero the answer is not kept.
  void insert(const dns::Question& question, SharedAnswer answer, std::uint32_t ttl,
              Clock::time_point now);

  [[nodiscard]] std::size_t entries() const;
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Entry {
    dns::Question question;
    SharedAnswer answer;
    Clock::time_point expires;
    std::size_t bytes = 0;
  };
  using Entries = std::list<Entry>;
  struct Key {
    std::string_view name;  // borrows from the Entry, which does not move
    dns::Type type;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const {
      return std::hash<std::string_view>{}(key.name) * 8 + static_cast<std::size_t>(key.type);
    }
  };
  void erase(Entries::iterator entry);  // with mutex_ held

  const CacheLimits limits_;
  mutable std::mutex mutex_;
  Entries entries_;                                         // the most recently used first
  std::unordered_map<Key, Entries::iterator, Hash> index_;  // exactly the entries
  std::size_t bytes_ = 0;                                   // the sum over the entries
};

}  // namespace postern::io
