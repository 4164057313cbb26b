#include "lib/io/resolver/flights.hpp"

#include <utility>

namespace postern::io {

Flights::Boarded Flights::board(const dns::Question& question,
                                const std::shared_ptr<Mailbox>& mailbox, Clock::time_point now) {
  drop_lost(now);
  const auto known = by_question_.find(question);
  if (known != by_question_.end()) {
    flights_.at(known->second).waiting.push_back(mailbox);
    return {Boarding::joined, known->second};
  }
  if (flights_.size() >= max_open_) return {Boarding::full, 0};
  const Id id = ++last_id_;
  flights_.emplace(id, Flight{question, {mailbox}, now});
  by_question_.emplace(question, id);
  return {Boarding::started, id};
}

std::optional<Flights::Landed> Flights::land(Id id) {
  const auto found = flights_.find(id);
  if (found == flights_.end()) return std::nullopt;
  Landed landed{std::move(found->second.question), std::move(found->second.waiting)};
  by_question_.erase(landed.question);
  flights_.erase(found);
  return landed;
}

std::vector<Flights::Landed> Flights::land_all() {
  std::vector<Landed> landed;
  while (!flights_.empty()) {
    if (auto one = land(flights_.begin()->first)) landed.push_back(std::move(*one));
  }
  return landed;
}

const dns::Question* Flights::question(Id id) const {
  const auto found = flights_.find(id);
  return found == flights_.end() ? nullptr : &found->second.question;
}

// Who waited for them has given up long ago.
void Flights::drop_lost(Clock::time_point now) {
  while (!flights_.empty() && flights_.begin()->second.start + max_age < now) {
    land(flights_.begin()->first);
  }
}

}  // namespace postern::io
