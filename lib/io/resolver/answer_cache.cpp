#include "lib/io/resolver/answer_cache.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace postern::io {
namespace {

using std::chrono::seconds;

constexpr seconds max_time{3600};
constexpr seconds max_negative_time{60};
constexpr seconds max_failure_time{1};
constexpr std::uint32_t max_ttl = 0x7fffffff;  // RFC 2181 §8

// What the containers around an entry cost besides its text: two nodes, a bucket, a shared Answer.
constexpr std::size_t entry_overhead = 384;

std::size_t size_of(const dns::Question& question, const dns::Answer& answer) {
  std::size_t size = entry_overhead + question.name.size();
  size += answer.addresses.size() * sizeof(IpAddress);
  for (const auto& record : answer.exchanges) size += sizeof record + record.exchange.size();
  for (const auto& text : answer.texts) size += sizeof(std::string) + text.size();
  size += answer.tlsa.size() * sizeof(dns::TlsaRecord);
  for (const auto& name : answer.names) size += sizeof(std::string) + name.size();
  return size;
}

}  // namespace

seconds cache_time(dns::Status status, std::uint32_t ttl) {
  const seconds time{ttl > max_ttl ? 0 : ttl};
  switch (status) {
    case dns::Status::success: return std::min(time, max_time);
    case dns::Status::no_data:
    case dns::Status::nxdomain: return std::min(time, max_negative_time);
    case dns::Status::servfail: return max_failure_time;
    case dns::Status::timeout:
    case dns::Status::not_asked: return seconds{0};
  }
  return seconds{0};
}

SharedAnswer AnswerCache::find(const dns::Question& question, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(Key{question.name, question.type});
  if (found == index_.end()) return nullptr;
  const Entries::iterator entry = found->second;
  if (entry->expires <= now) {
    erase(entry);
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, entry);
  return entry->answer;
}

void AnswerCache::insert(const dns::Question& question, SharedAnswer answer, std::uint32_t ttl,
                         Clock::time_point now) {
  const seconds time = cache_time(answer->status, ttl);
  const std::size_t size = size_of(question, *answer);
  const std::lock_guard lock(mutex_);
  const auto known = index_.find(Key{question.name, question.type});
  if (known != index_.end()) erase(known->second);
  if (time == seconds{0} || size > limits_.bytes || limits_.entries == 0) return;
  while (bytes_ + size > limits_.bytes || entries_.size() >= limits_.entries) {
    erase(std::prev(entries_.end()));
  }
  entries_.push_front({question, std::move(answer), now + time, size});
  index_.emplace(Key{entries_.front().question.name, question.type}, entries_.begin());
  bytes_ += size;
}

std::size_t AnswerCache::entries() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

std::size_t AnswerCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

void AnswerCache::erase(Entries::iterator entry) {
  index_.erase(Key{entry->question.name, entry->question.type});
  bytes_ -= entry->bytes;
  entries_.erase(entry);
}

}  // namespace postern::io
