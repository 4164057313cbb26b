// Takes accepted events into the ledger, one after another, and does what follows from each.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <string>

#include "dovecot-plugins/learner/services.hpp"
#include "lib/reputation/feed.hpp"
#include "lib/store/known.hpp"
#include "lib/training/event.hpp"
#include "lib/training/ledger.hpp"

namespace postern::learner {

/// An accepted event lies in the learner's directory until all that follows from it is done.
/// Whatever is interrupted is done again, and counts once.
class Bookkeeper {
 public:
  explicit Bookkeeper(Services& services);
  Bookkeeper(const Bookkeeper&) = delete;
  Bookkeeper& operator=(const Bookkeeper&) = delete;
  Bookkeeper(Bookkeeper&&) = delete;
  Bookkeeper& operator=(Bookkeeper&&) = delete;
  ~Bookkeeper();

  /// Goes on with what an earlier process has accepted.
  void resume();
  /// An event has been accepted under this name.
  void add(std::string name);
  /// How many wait.
  [[nodiscard]] std::size_t waiting() const { return names_.size(); }
  [[nodiscard]] bool is_idle() const { return names_.empty() && !entry_; }

 private:
  struct Entry;

  void next();
  [[nodiscard]] bool read(Entry& entry);
  void advance();
  void write(training::Decision decision);
  void finish(const training::Decision& decision);
  [[nodiscard]] bool put_away(const training::Decision& decision);
  void tell_reputation(const reputation::Event& event);
  void write_line(const training::Decision& decision) const;
  void try_later();
  void set_retry();
  void complain(const std::string& problem);
  void enforce_limits(std::uint64_t added);

  Services& services_;
  std::deque<std::string> names_;  // of accepted events, without the one in hand
  std::shared_ptr<Entry> entry_;   // in hand
  io::EventLoop::Timer retry_;
  std::chrono::steady_clock::time_point next_complaint_{};
  std::uint64_t added_ = 0;  // octets kept since the limits were enforced
};

}  // namespace postern::learner
