// What a store has answered so far, and what an evaluation still needs of it. Nothing here waits.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "lib/store/operation.hpp"

namespace postern::store {

/// Results of operations. An operation is known by all of its members, so an evaluation that asks
/// again gets the result it got before, and nothing is counted twice.
class Known {
 public:
  [[nodiscard]] const Result* find(const Operation& operation) const {
    const auto found = results_.find(operation);
    return found == results_.end() ? nullptr : &found->second;
  }
  /// The first result of an operation stays.
  void add(Operation operation, Result result) {
    results_.emplace(std::move(operation), std::move(result));
  }

 private:
  std::map<Operation, Result> results_;
};

/// How one evaluation reads Known: what it does not find becomes a missing operation.
class Wants {
 public:
  explicit Wants(const Known& known) : known_(known) {}

  /// The result, or nullptr after noting the operation as missing.
  const Result* find(const Operation& operation) {
    const Result* result = known_.find(operation);
    if (result == nullptr) missing_.push_back(operation);
    return result;
  }

  [[nodiscard]] const std::vector<Operation>& missing() const& { return missing_; }
  [[nodiscard]] std::vector<Operation> missing() && { return std::move(missing_); }

 private:
  const Known& known_;
  std::vector<Operation> missing_;  // in the order of asking
};

}  // namespace postern::store
