#include "lib/store/memory_store.hpp"

#include <functional>
#include <map>

namespace postern::store {

class MemoryStore::Map final : public Cells {
 public:
  using Values = std::map<std::string, StoredValue, std::less<>>;

  std::optional<StoredValue> find(std::string_view key) override {
    const auto found = values_.find(key);
    return found == values_.end() ? std::nullopt : std::optional(found->second);
  }
  void put(std::string_view key, StoredValue value) override {
    values_.insert_or_assign(std::string(key), std::move(value));
  }
  void erase(std::string_view key) override {
    const auto found = values_.find(key);
    if (found != values_.end()) values_.erase(found);
  }

  Values& values() { return values_; }

 private:
  Values values_;
};

MemoryStore::MemoryStore() : cells_(std::make_unique<Map>()) {}
MemoryStore::~MemoryStore() = default;

Expected<std::vector<Result>, Failure> MemoryStore::run(std::span<const Operation> operations,
                                                        Time now) {
  std::vector<Result> results;
  for (const Operation& operation : operations) results.push_back(apply(operation, *cells_, now));
  return results;
}

Expected<std::vector<Item>, Failure> MemoryStore::scan(std::string_view prefix, std::string& cursor,
                                                       std::size_t limit, Time now) {
  std::vector<Item> items;
  const auto& values = cells_->values();
  auto next = cursor.empty() ? values.lower_bound(prefix) : values.upper_bound(cursor);
  for (; next != values.end() && next->first.starts_with(prefix); ++next) {
    if (items.size() == limit) return items;
    cursor = next->first;
    const StoredValue& value = next->second;
    if (value.is_live(now)) items.push_back({next->first, text_of(value), value.expires()});
  }
  cursor.clear();
  return items;
}

Expected<std::size_t, Failure> MemoryStore::sweep(std::size_t limit, Time now) {
  std::size_t removed = 0;
  auto& values = cells_->values();
  for (auto next = values.begin(); next != values.end() && removed < limit;) {
    const bool live = next->second.is_live(now);
    next = live ? std::next(next) : values.erase(next);
    if (!live) ++removed;
  }
  return removed;
}

Expected<Statistics, Failure> MemoryStore::statistics() {
  Statistics statistics;
  for (const auto& [key, value] : cells_->values()) {
    ++statistics.items;
    statistics.bytes += key.size() + value.payload.size() + sizeof value;
  }
  return statistics;
}

}  // namespace postern::store
