#include "lib/antivirus/result_cache.hpp"

namespace postern::antivirus {
namespace {

std::string key_of(const Object& object) {
  return (object.kind == ObjectKind::message ? "m" : "a") + object.digest;
}

bool is_fact(Result result) {
  switch (result) {
    case Result::clean:
    case Result::macro:
    case Result::encrypted:
    case Result::infected: return true;
    case Result::skipped:
    case Result::unscannable:
    case Result::temperror: return false;
  }
  return false;
}

}  // namespace

const Outcome* ResultCache::find(const Object& object) {
  const auto found = places_.find(key_of(object));
  if (found == places_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return &entries_.front().outcome;
}

void ResultCache::add(const Object& object, const Outcome& outcome) {
  if (capacity_ == 0 || object.digest.empty() || !is_fact(outcome.result)) return;
  std::string key = key_of(object);
  if (places_.contains(key)) return;
  entries_.push_front({key, outcome});
  places_.emplace(std::move(key), entries_.begin());
  shrink();
}

void ResultCache::clear() {
  entries_.clear();
  places_.clear();
}

void ResultCache::set_capacity(std::size_t capacity) {
  capacity_ = capacity;
  shrink();
}

void ResultCache::shrink() {
  while (entries_.size() > capacity_) {
    places_.erase(entries_.back().key);
    entries_.pop_back();
  }
}

}  // namespace postern::antivirus
