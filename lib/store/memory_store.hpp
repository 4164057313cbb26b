// A store in memory, for tests and trials.
#pragma once

#include <memory>

#include "lib/store/apply.hpp"
#include "lib/store/store.hpp"

namespace postern::store {

/// Unlike other stores it has no lock: one thread at a time. Bounded by its users.
class MemoryStore final : public Store {
 public:
  MemoryStore();
  ~MemoryStore() override;
  MemoryStore(const MemoryStore&) = delete;
  MemoryStore& operator=(const MemoryStore&) = delete;

  [[nodiscard]] Expected<std::vector<Result>, Failure> run(std::span<const Operation> operations,
                                                           Time now) override;
  [[nodiscard]] Expected<std::vector<Item>, Failure> scan(std::string_view prefix,
                                                          std::string& cursor, std::size_t limit,
                                                          Time now) override;
  [[nodiscard]] Expected<std::size_t, Failure> sweep(std::size_t limit, Time now) override;
  [[nodiscard]] Expected<Statistics, Failure> statistics() override;

 private:
  class Map;
  std::unique_ptr<Map> cells_;
};

}  // namespace postern::store
