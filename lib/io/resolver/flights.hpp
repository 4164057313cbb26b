// The questions on their way to the name servers, and who waits for each.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "lib/io/resolver/mailbox.hpp"

namespace postern::io {

/// A question being resolved is asked once, however many inquiries want it. Not locked.
class Flights {
 public:
  using Id = std::uint64_t;
  using Waiting = std::vector<std::shared_ptr<Mailbox>>;
  struct Landed {
    dns::Question question;
    Waiting waiting;
  };
  enum class Boarding { started, joined, full };

  /// A flight older than this has been lost inside the resolver; nobody joins it any more.
  static constexpr std::chrono::seconds max_age{30};

  explicit Flights(std::size_t max_open) : max_open_(max_open) {}

  /// Adds one who waits for `question`; `started` means that the flight `id` must be sent.
  struct Boarded {
    Boarding boarding;
    Id id;
  };
  Boarded board(const dns::Question& question, const std::shared_ptr<Mailbox>& mailbox,
                Clock::time_point now);

  /// Ends a flight. nullopt when it is not known (any more).
  std::optional<Landed> land(Id id);
  /// Ends all flights.
  std::vector<Landed> land_all();

  [[nodiscard]] const dns::Question* question(Id id) const;
  [[nodiscard]] std::size_t size() const { return flights_.size(); }

 private:
  struct Flight {
    dns::Question question;
    Waiting waiting;
    Clock::time_point start;
  };
  void drop_lost(Clock::time_point now);

  const std::size_t max_open_;
  Id last_id_ = 0;
  std::map<Id, Flight> flights_;             // in the order they were started
  std::map<dns::Question, Id> by_question_;  // exactly the flights
};

}  // namespace postern::io
