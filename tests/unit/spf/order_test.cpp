// Answers come when they come: neither their order nor their number per round changes a result.
#include <random>

#include "tests/unit/spf/zone_check.hpp"

namespace postern::spf {
namespace {

constexpr std::string_view world = R"({
  "example.org": {"TXT": ["v=spf1 a mx ptr exists:%{ir}.%{p}.list.example include:a.example include:b.example redirect=c.example"],
                  "A": ["198.51.100.7"], "MX": [[10, "mx1.example.org"], [10, "mx2.example.org"], [5, "mx3.example.org"]]},
  "mx1.example.org": {"A": ["198.51.100.8"]}, "mx2.example.org": {"A": "TIMEOUT"},
  "mx3.example.org": {"A": ["198.51.100.9"]},
  "a.example": {"TXT": ["v=spf1 include:a1.example include:a2.example ?all"]},
  "b.example": {"TXT": ["v=spf1 include:b1.example a:b2.example -all"]},
  "a1.example": {"TXT": ["v=spf1 ip4:203.0.113.0/24"]}, "a2.example": {"TXT": ["v=spf1 mx -all"]},
  "b1.example": {"TXT": ["v=spf1 exists:%{l}.b1.example"]}, "b2.example": {"A": ["203.0.113.77"]},
  "c.example": {"TXT": ["v=spf1 -all exp=why.c.example"]},
  "why.c.example": {"TXT": ["%{p} is not welcome"]},
  "tree.example": {"TXT": ["v=spf1 include:a.example include:b.example include:c.example -all exp=why.c.example"]},
  "deep.example": {"TXT": ["v=spf1 include:tree.example include:a2.example redirect=c.example"]},
  "1.2.0.192.in-addr.arpa": {"PTR": ["mx.else.example", "client.example.net"]},
  "mx.else.example": {"A": ["198.51.100.1"]}, "client.example.net": {"A": ["192.0.2.1"]}
})";

struct Trickle {
  Outcome outcome;
  std::size_t asked = 0;
};

// Answers one missing question at a time, each time another one; questions that were asked and not
// answered yet stay open, as with a resolver.
Trickle trickle(const Request& request, const dns::Zone& zone, std::mt19937& random) {
  dns::Answers answers;
  std::set<dns::Question> open, asked;
  while (true) {
    const auto evaluation = check_host(request, answers);
    if (evaluation.is_done()) return {evaluation.result(), asked.size()};
    for (const auto& question : evaluation.missing()) {
      if (asked.insert(question).second) open.insert(question);
    }
    REQUIRE_FALSE(open.empty());
    auto next = open.begin();
    std::advance(next, static_cast<std::ptrdiff_t>(random() % open.size()));
    answers.add(*next, zone.lookup(*next));
    open.erase(next);
  }
}

TEST_CASE("check_host: answers one at a time in any order give the same outcome", "[spf]") {
  const dns::Zone zone = zone_of(world);
  const auto sender = GENERATE(as<std::string>{}, "u@example.org", "u@tree.example",
                               "u@deep.example", "u@b.example", "u@nowhere.example");
  const auto client_ip = GENERATE(as<std::string>{}, "192.0.2.1", "198.51.100.8", "198.51.100.9",
                                  "203.0.113.77", "203.0.113.1", "2001:db8::1");
  auto request = mail_from(sender);
  request.client_ip = ip(client_ip);
  request.explain = true;
  const ZoneCheck at_once = check_in(request, zone);
  std::mt19937 random(7208);
  for (int run = 0; run < 40; ++run) {
    const Trickle one_by_one = trickle(request, zone, random);
    REQUIRE(one_by_one.outcome == at_once.outcome);
    REQUIRE(one_by_one.asked <= max_questions({}));
  }
}

TEST_CASE("check_host: looking ahead stops at the first record that is not known", "[spf]") {
  const dns::Zone zone = zone_of(world);
  const auto missing = [&](const std::vector<std::string>& known) {
    dns::Answers answers;
    for (const auto& name : known) {
      answers.add({name, dns::Type::txt}, zone.lookup({name, dns::Type::txt}));
    }
    return check_host(mail_from("u@tree.example"), answers).missing();
  };
  const auto txt = [](std::string name) { return dns::Question{std::move(name), dns::Type::txt}; };
  // What b.example leads to would else take the place of what a.example leads to.
  CHECK(missing({"tree.example", "b.example", "c.example"}) == dns::Questions{txt("a.example")});
  CHECK(missing({"tree.example", "a.example"}) ==
        dns::Questions{txt("a1.example"), txt("a2.example"), txt("b.example"), txt("c.example")});
}

TEST_CASE("check_host: answers nobody asked for change nothing", "[spf]") {
  const dns::Zone zone = zone_of(world);
  const Request request = mail_from("u@tree.example");
  const ZoneCheck alone = check_in(request, zone);
  dns::Answers all;
  for (const auto& name :
       {"example.org", "tree.example", "a.example", "a1.example", "a2.example", "b.example",
        "b1.example", "b2.example", "c.example", "why.c.example", "u.b1.example"}) {
    for (const auto type : {dns::Type::a, dns::Type::aaaa, dns::Type::mx, dns::Type::txt}) {
      all.add({name, type}, zone.lookup({name, type}));
    }
  }
  const auto evaluation = check_host(request, all);
  REQUIRE(evaluation.is_done());
  CHECK(evaluation.result() == alone.outcome);
}

}  // namespace
}  // namespace postern::spf
