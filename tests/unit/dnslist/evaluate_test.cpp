#include "lib/dnslist/evaluate.hpp"

#include "lib/dnslist/answer.hpp"
#include "tests/unit/dnslist/dnslist_zone.hpp"

namespace postern::dnslist {
namespace {

Run<Score> score_in(std::string_view zone, const std::vector<List>& lists, std::string_view client,
                    std::string_view domain = "", const Bounds& bounds = {}) {
  return run_in<Score>(zone, [&](const dns::Answers& answers) {
    return evaluate(lists, ip(client), domain, answers, bounds);
  });
}

TEST_CASE("query_name: reversed octets and nibbles", "[dnslist][rfc5782-2.1][rfc5782-2.4]") {
  CHECK(query_name(ip("192.0.2.99"), "bad.example.com") == "99.2.0.192.bad.example.com");
  CHECK(query_name(ip("::ffff:192.0.2.99"), "z") == "99.2.0.192.z");
  CHECK(query_name(ip("2001:db8:1:2:3:4:567:89ab"), "ugly.example.com") ==
        "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.ugly.example.com");
}

TEST_CASE("evaluate: all lists are asked at once, and hits add up", "[dnslist]") {
  const auto run = score_in(
      R"({"1.2.0.192.a.example": {"A": ["127.0.0.2"]}, "1.2.0.192.c.example": {"A": ["127.0.0.3"]}})",
      {list_of("a.example", 2), list_of("b.example", 8), list_of("c.example", -1.5)}, "192.0.2.1");
  CHECK(run.rounds == 2);
  CHECK(run.asked.size() == 3);
  CHECK(run.result.score == 0.5);
  CHECK(run.result.failures.empty());
  CHECK(run.result.hits ==
        std::vector<Hit>{{"a.example", "127.0.0.2", 2}, {"c.example", "127.0.0.3", -1.5}});
}

TEST_CASE("evaluate: what a list answers", "[dnslist][security]") {
  struct Row {
    std::string records;
    std::vector<std::string> codes;
    double weight;
    double score;
    std::string failure;  // its beginning
  };
  const auto row = GENERATE(values<Row>({
      {R"("A": ["127.0.0.2"])", {}, 2, 2, ""},
      {R"("A": ["127.0.0.10", "127.0.0.4"])", {"127.0.0.4"}, 2, 2, ""},
      {R"("A": ["127.0.0.10"])", {"127.0.0.4"}, 2, 0, ""},
      {R"("A": ["127.255.255.254"])", {}, 2, 0, "l.example: refuses us with 127.255.255.254"},
      {R"("A": ["127.255.255.252"])", {}, -2, 0, "l.example: refuses us"},
      {R"("A": ["127.255.255.254"])", {"127.0.0.0-127.255.255.255"}, 2, 0, "l.example: refuses"},
      {R"("A": ["127.0.0.1"])", {}, 2, 0, "l.example: refuses us with 127.0.0.1"},
      {R"("A": ["127.0.0.255"])", {}, 2, 2, ""},
      {R"("A": ["127.0.0.255"])", {}, -2, 0, "l.example: refuses us"},
      {R"("A": ["203.0.113.7"])", {}, 2, 0, "l.example: answers 203.0.113.7"},
      {R"("A": ["127.0.0.2", "203.0.113.7"])", {}, 2, 0, "l.example: answers 203.0.113.7"},
      {R"("A": "TIMEOUT")", {}, 2, 0, "l.example: does not answer"},
      {R"("A": "SERVFAIL")", {}, 2, 0, "l.example: its name servers fail"},
      {R"("TXT": ["not listed"])", {}, 2, 0, ""},
  }));
  List list = list_of("l.example", row.weight);
  for (const std::string& code : row.codes) list.codes.push_back(parse_code(code).value());
  const auto run =
      score_in(R"({"1.2.0.192.l.example": {)" + row.records + "}}", {list}, "192.0.2.1");
  CAPTURE(row.records);
  CHECK(run.result.score == row.score);
  REQUIRE(run.result.failures.size() == (row.failure.empty() ? 0U : 1U));
  if (!row.failure.empty()) CHECK(run.result.failures.front().starts_with(row.failure));
  CHECK(run.result.hits.empty() == (row.score == 0));
}

TEST_CASE("read_answer: a question of ours that nobody was asked lists nobody", "[dnslist]") {
  dns::Answer answer;
  answer.status = dns::Status::not_asked;
  CHECK(read_answer(list_of("l.example"), answer) ==
        Reading{false, "", "was not asked: too many questions", false});
}

TEST_CASE("evaluate: the reason is asked for hits only, and is printable", "[dnslist][security]") {
  List list = list_of("l.example");
  list.reason = true;
  const auto hit = score_in(
      R"({"1.2.0.192.l.example": {"A": ["127.0.0.2"], "TXT": ["see \r\nhttps://l.example/\u0000"]}})",
      {list}, "192.0.2.1");
  CHECK(hit.rounds == 3);
  CHECK(hit.result.hits.at(0).reason == "see ??https://l.example/?");
  const auto silent = score_in(R"({"1.2.0.192.l.example": {"A": ["127.0.0.2"], "TXT": "TIMEOUT"}})",
                               {list}, "192.0.2.1");
  CHECK(silent.result.score == 2);
  CHECK(silent.result.hits.at(0).reason.empty());
  CHECK(score_in("{}", {list}, "192.0.2.1").asked.size() == 1);
}

TEST_CASE("evaluate: a zone alone adds no more than its bound", "[dnslist][security]") {
  constexpr std::string_view zone = R"({"1.2.0.192.l.example": {"A": ["127.0.0.2"]},
                                        "1.2.0.192.m.example": {"A": ["127.0.0.2"]}})";
  List other = list_of("l.example", 7);
  other.name = "again";
  CHECK(score_in(zone, {list_of("l.example", 9)}, "192.0.2.1").result.score == 4);
  const auto twice = score_in(zone, {list_of("l.example", 9), other}, "192.0.2.1");
  CHECK(twice.result.score == 4);
  CHECK(twice.asked.size() == 1);
  CHECK(score_in(zone, {list_of("l.example", 9), list_of("m.example", 3)}, "192.0.2.1")
            .result.score == 7);
  CHECK(score_in(zone, {list_of("l.example", 9)}, "192.0.2.1", "", Bounds{20}).result.score == 9);
  CHECK(score_in(zone, {list_of("l.example", -9)}, "192.0.2.1").result.score == -9);
}

TEST_CASE("evaluate: lists of domains", "[dnslist][rfc5782-3]") {
  List list = list_of("d.example");
  list.kind = Kind::domain;
  constexpr std::string_view zone = R"({"spam.example.org.d.example": {"A": ["127.0.1.2"]}})";
  CHECK(score_in(zone, {list}, "192.0.2.1", "Spam.Example.ORG.").result.score == 2);
  CHECK(score_in(zone, {list}, "10.0.0.1", "spam.example.org").result.score == 2);
  CHECK(score_in(zone, {list}, "192.0.2.1", "good.example.org").result.score == 0);
  for (const std::string& none : {std::string(), std::string("a b"), std::string("a..b"),
                                  std::string(60, 'a') + "." + std::string(60, 'b') + "." +
                                      std::string(60, 'c') + "." + std::string(63, 'd')}) {
    CAPTURE(none);
    CHECK(score_in(zone, {list}, "192.0.2.1", none).asked.empty());
  }
}

TEST_CASE("evaluate: nobody is asked about private addresses", "[dnslist][security]") {
  for (const char* client : {"192.168.1.1", "127.0.0.1", "fe80::1", "::ffff:10.0.0.1"}) {
    CHECK(score_in("{}", {list_of("l.example")}, client).asked.empty());
  }
  List only_v4 = list_of("l.example");
  only_v4.ipv6 = false;
  CHECK(score_in("{}", {only_v4}, "2001:db8::1").asked.empty());
  CHECK(score_in("{}", {only_v4}, "::ffff:192.0.2.1").asked.size() == 1);
  CHECK(score_in("{}", {list_of("l.example")}, "2001:db8::1").asked.size() == 1);
}

TEST_CASE("evaluate: no more than max_lists are asked", "[dnslist]") {
  std::vector<List> lists;
  for (std::size_t i = 0; i < max_lists + 5; ++i) {
    lists.push_back(list_of("l" + std::to_string(i) + ".example"));
  }
  CHECK(score_in("{}", lists, "192.0.2.1").asked.size() == max_lists);
}

}  // namespace
}  // namespace postern::dnslist
