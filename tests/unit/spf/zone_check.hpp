// Runs SPF checks over a zone in memory, as a session does over a resolver.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "lib/dns/zone.hpp"
#include "lib/spf/check_host.hpp"
#include "tests/support/catch.hpp"

namespace postern::spf {

/// What a check came to and what it cost.
struct ZoneCheck {
  Outcome outcome;
  unsigned rounds = 0;   // Evaluations.
  dns::Questions asked;  // Everything that was asked, also ahead.

  [[nodiscard]] unsigned count(dns::Type type) const {
    return static_cast<unsigned>(
        std::count_if(asked.begin(), asked.end(), [&](const auto& q) { return q.type == type; }));
  }
};

/// Evaluates, answers all missing questions with `lookup(question)`, and evaluates again.
template <typename Lookup>
ZoneCheck check_with(const Request& request, Lookup lookup, const Limits& limits = {}) {
  ZoneCheck check;
  dns::Answers answers;
  while (true) {
    ++check.rounds;
    const auto evaluation = check_host(request, answers, limits);
    if (evaluation.is_done()) {
      check.outcome = evaluation.result();
      return check;
    }
    REQUIRE_FALSE(evaluation.missing().empty());
    for (const auto& question : evaluation.missing()) {
      REQUIRE(answers.find(question.name, question.type) == nullptr);
      check.asked.push_back(question);
      answers.add(question, lookup(question));
    }
    REQUIRE(check.asked.size() <= max_questions(limits));
  }
}

inline ZoneCheck check_in(const Request& request, const dns::Zone& zone,
                          const Limits& limits = {}) {
  return check_with(
      request, [&](const auto& question) { return zone.lookup(question); }, limits);
}

inline dns::Zone zone_of(std::string_view json) {
  const auto zone = dns::parse_zone(json);
  if (!zone) FAIL(zone.error().owner + ": " + std::string(zone.error().problem));
  return *zone;
}

inline IpAddress ip(std::string_view text) {
  return parse_ip_address(text).value();
}

/// A MAIL FROM check from 192.0.2.1.
inline Request mail_from(std::string sender) {
  Request request;
  request.client_ip = ip("192.0.2.1");
  request.helo = "mx.sender.example";
  request.rfc5321_mail_from = std::move(sender);
  return request;
}

}  // namespace postern::spf
