// Asks DNS lists of a zone in memory, as the daemon does over a resolver.
#pragma once

#include <string>
#include <string_view>

#include "lib/dns/zone.hpp"
#include "lib/dnslist/list.hpp"
#include "tests/support/catch.hpp"

namespace postern::dnslist {

template <typename T>
struct Run {
  T result;
  unsigned rounds = 0;
  dns::Questions asked;
};

/// Evaluates, answers what is missing from the zone, and evaluates again.
template <typename T, typename Evaluate>
Run<T> run_in(std::string_view json, Evaluate evaluate) {
  const auto zone = dns::parse_zone(json);
  if (!zone) FAIL(zone.error().owner + ": " + std::string(zone.error().problem));
  Run<T> run;
  dns::Answers answers;
  while (true) {
    ++run.rounds;
    const dns::Evaluation<T> evaluation = evaluate(answers);
    if (evaluation.is_done()) {
      run.result = evaluation.result();
      return run;
    }
    REQUIRE_FALSE(evaluation.missing().empty());
    for (const dns::Question& question : evaluation.missing()) {
      REQUIRE(answers.find(question.name, question.type) == nullptr);
      run.asked.push_back(question);
      answers.add(question, zone->lookup(question));
    }
  }
}

inline List list_of(std::string zone, double weight = 2) {
  List list;
  list.name = zone;
  list.zone = std::move(zone);
  list.weight = weight;
  return list;
}

inline IpAddress ip(std::string_view text) {
  return parse_ip_address(text).value();
}

}  // namespace postern::dnslist
