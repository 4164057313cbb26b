// One request of Postfix from its question to its answer.
#pragma once

#include <functional>
#include <memory>

#include "lib/policy/evaluate.hpp"
#include "policy-daemon/knowledge.hpp"
#include "policy-daemon/services.hpp"

namespace postern {

/// Evaluates, asks DNS and the store for what is missing, and evaluates again until there is a
/// decision or time is up. Lives as long as answers are on their way.
class Transaction : public std::enable_shared_from_this<Transaction> {
 public:
  using Done = std::function<void(const policy::Decision&)>;

  /// \param done  Called once, in the loop's thread, perhaps before start() returns. When the one
  ///              who asked has gone, it is still called; what was counted stays counted.
  Transaction(Services& services, policy::Request request, Done done);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  Transaction(Transaction&&) = delete;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  void start();

 private:
  void advance();
  void limit_dns();
  void limit_postfix();
  [[nodiscard]] std::chrono::milliseconds dns_time() const;
  [[nodiscard]] std::chrono::milliseconds age() const;
  void give_up();
  void finish(const policy::Decision& decision);
  void write_log(const policy::Decision& decision) const;

  Services& services_;
  const std::shared_ptr<const io::Site> site_;
  const policy::Request request_;
  const store::Time now_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  Done done_;  // empty when it has been called

  std::shared_ptr<Knowledge> knowledge_;  // from start() to finish()
  policy::FoundFacts found_;
  io::EventLoop::Timer dns_deadline_;
  io::EventLoop::Timer postfix_deadline_;
  io::EventLoop::Timer deadline_;
};

}  // namespace postern
