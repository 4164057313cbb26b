// What DNS, the store, and Postfix have said so far for one evaluation.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "lib/dns/answers.hpp"
#include "lib/policy/facts.hpp"
#include "lib/store/known.hpp"
#include "policy-daemon/services.hpp"

namespace postern {

/// Asks each thing once. Used in the loop's thread; answers may come when its owner has gone.
class Knowledge : public std::enable_shared_from_this<Knowledge> {
 public:
  /// \param dns_timeout  How long answers of DNS may be of use.
  /// \param on_news      Called when more is known than at the last ask().
  Knowledge(Services& services, std::chrono::milliseconds dns_timeout,
            std::function<void()> on_news);
  Knowledge(const Knowledge&) = delete;
  Knowledge& operator=(const Knowledge&) = delete;
  Knowledge(Knowledge&&) = delete;
  Knowledge& operator=(Knowledge&&) = delete;
  ~Knowledge() = default;

  /// Asks what is missing and not on its way.
  /// \return Whether some of it is known at once, so that evaluating again is of use.
  [[nodiscard]] bool ask(const dns::Questions& questions, std::vector<store::Operation> operations);
  /// The same of Postfix: its names, and what is in its tables.
  [[nodiscard]] bool ask_postfix(bool wants_names, std::vector<recipients::Lookup> lookups);
  /// From now on what Postfix has not said stays unknown.
  void give_up_postfix() { postfix_failed_ = true; }
  /// From now on questions that are not answered yet are timeouts.
  void give_up_dns() { dns_given_up_ = true; }
  /// What the store is taken to hold, since it does not say.
  void assume(const store::Operation& operation, store::Result result);

  [[nodiscard]] const dns::Answers& answers() const { return answers_; }
  [[nodiscard]] const store::Known& known() const { return known_; }
  /// Whether the store could not answer something.
  [[nodiscard]] bool store_failed() const { return store_failed_; }
  [[nodiscard]] policy::PostfixTables postfix() const {
    return {names_.get(), &table_answers_, postfix_failed_,
            names_ ? std::string() : services_.tables.names_problem()};
  }

 private:
  void ask_store(std::vector<store::Operation> operations);
  void on_postfix(std::vector<recipients::Lookup> lookups, std::vector<recipients::Answer> answers);
  void add_answers(std::vector<recipients::Lookup> lookups,
                   std::vector<recipients::Answer> answers);
  void on_store(std::vector<store::Operation> operations, const io::StoreWorker::Results& results);
  [[nodiscard]] bool ask_dns(const dns::Questions& questions);
  [[nodiscard]] std::unique_ptr<io::Inquiry> make_inquiry();

  Services& services_;
  const std::chrono::milliseconds dns_timeout_;
  const std::function<void()> on_news_;

  std::unique_ptr<io::Inquiry> inquiry_;
  dns::Answers answers_;
  store::Known known_;
  std::shared_ptr<const recipients::Names> names_;
  recipients::TableAnswers table_answers_;
  bool postfix_asked_ = false;  // and has not answered yet
  bool postfix_failed_ = false;
  bool store_asked_ = false;  // as the one above
  bool store_failed_ = false;
  bool dns_given_up_ = false;
  // Set by the resolver's thread until the loop has looked.
  const std::shared_ptr<std::atomic<bool>> arrival_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace postern
