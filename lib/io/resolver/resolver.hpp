// Asking DNS for one message: the interface that the milters and the tools use.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "lib/dns/answers.hpp"

namespace postern::io {

/// What the questions of one message may cost.
struct Budget {
  std::chrono::milliseconds total{5000};     ///< Of waiting, over all calls of wait().
  std::chrono::milliseconds question{4000};  ///< From asking a question to giving it up.
  unsigned questions = 200;  ///< Different questions; the ones above are answered not_asked.
  /// What `question` shrinks to as answers come: few that are left are not waited for as long as
  /// all of them. 0: it does not shrink.
  std::chrono::milliseconds least{0};
};

/// Tells that answers have come which collect() will give; called by any thread, even within ask()
/// and after the inquiry has gone. It must neither wait nor throw.
using OnArrival = std::function<void()>;

/// The questions of one message or transaction. Used by one thread at a time, not always the same.
class Inquiry {
 public:
  Inquiry() = default;
  Inquiry(const Inquiry&) = delete;
  Inquiry& operator=(const Inquiry&) = delete;
  Inquiry(Inquiry&&) = delete;
  Inquiry& operator=(Inquiry&&) = delete;
  virtual ~Inquiry() = default;

  /// Sends questions on their way; never blocks. One asked before in this inquiry is ignored.
  /// Once the budget of waiting is used up, only what is known already is answered, the rest is a
  /// timeout.
  virtual void ask(const dns::Questions& questions) = 0;

  /// Adds the answers that have arrived, without waiting.
  /// \return Whether there was one.
  virtual bool collect(dns::Answers& answers) = 0;

  /// Blocks until every question asked is answered, has passed its own deadline, or the budget is
  /// used up; what is then unanswered becomes Status::timeout.
  virtual void wait(dns::Answers& answers) = 0;

  /// Time spent in wait() so far.
  [[nodiscard]] virtual std::chrono::milliseconds waited() const = 0;
  /// Different questions asked so far, without those over the limit.
  [[nodiscard]] virtual unsigned asked() const = 0;
  /// Whether a question was refused because of Budget::questions: the result must say so.
  [[nodiscard]] virtual bool limit_hit() const = 0;
};

/// What a resolver has done since it was made.
struct ResolverStatistics {
  std::uint64_t questions = 0;   ///< Asked by inquiries.
  std::uint64_t cache_hits = 0;  ///< Of these, answered without another thread.
  std::uint64_t joined = 0;      ///< Of these, joined to the same question of another inquiry.
  std::uint64_t failures = 0;    ///< Answers that were servfail (bogus included).
  std::uint64_t refused = 0;     ///< Over the limit of open questions: answered not_asked.
  std::size_t open = 0;          ///< Being resolved now.
  std::size_t cached = 0;        ///< Answers in the cache.
  std::size_t cached_bytes = 0;  ///< Their size, estimated.
};

/// Answers questions of DNS. Any thread may call it.
class Resolver {
 public:
  Resolver() = default;
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  Resolver(Resolver&&) = delete;
  Resolver& operator=(Resolver&&) = delete;
  /// Ends with questions outstanding, too: they become timeouts. Inquiries may outlive it.
  virtual ~Resolver() = default;

  /// \param on_arrival  For those who do not wait(); empty: nobody is told.
  [[nodiscard]] virtual std::unique_ptr<Inquiry> inquiry(const Budget& budget,
                                                         OnArrival on_arrival) = 0;
  [[nodiscard]] std::unique_ptr<Inquiry> inquiry(const Budget& budget) {
    return inquiry(budget, OnArrival());
  }
  [[nodiscard]] virtual ResolverStatistics statistics() const = 0;
  /// No name server has answered of late: waiting for answers is of little use. It ends by itself
  /// with the first answer; somebody asks for one now and then.
  [[nodiscard]] virtual bool is_down() const = 0;
};

}  // namespace postern::io
