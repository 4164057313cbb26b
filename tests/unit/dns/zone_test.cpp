#include "lib/dns/zone.hpp"

#include "tests/support/catch.hpp"

namespace postern::dns {
namespace {

constexpr std::string_view sample = R"({
  "Example.ORG.": {"TXT": [["v=spf1", " -all"], "one string", []], "A": ["192.0.2.1"],
                   "AAAA": ["2001:DB8::1"], "MX": [[10, "MX.example.org."], [0, ""], [5, "."]]},
  "4.2.0.192.in-addr.arpa": {"PTR": ["Host.Example.org"], "NS": ["NS1.example.org"]},
  "alias.example.org": {"CNAME": "example.org"},
  "listed.example.org": {"CNAME": ["alias.example.org."]},
  "lost.example.org": {"CNAME": "nowhere.example"},
  "loop.example.org": {"CNAME": "loop.example.org"},
  "slow.example.org": {"TIMEOUT": true, "TXT": [["quick"]]},
  "broken.example.org": {"SERVFAIL": true},
  "mixed.example.org": {"A": "TIMEOUT", "AAAA": "SERVFAIL", "TXT": []},
  "foo:bar/baz %.example.org": {"TXT": [["odd"]]},
  "_25._tcp.mx.example.org": {"TLSA": [[3, 1, 1, "00fF"], [2, 0, 0, ""]]},
  "a.b.deep.example": {"TXT": [["a\u0000\u00e9b"]]}
})";

Zone zone() {
  const auto parsed = parse_zone(sample);
  REQUIRE(parsed.has_value());
  return *parsed;
}

TEST_CASE("Zone: records of each type, in the form evaluators expect", "[dns]") {
  const Zone known = zone();
  const Answer text = known.lookup({"example.org", Type::txt});
  CHECK(text.status == Status::success);
  CHECK(text.texts == std::vector<std::string>{"v=spf1 -all", "one string", ""});
  CHECK(known.lookup({"EXAMPLE.org.", Type::a}).addresses.at(0).text() == "192.0.2.1");
  CHECK(known.lookup({"example.org", Type::aaaa}).addresses.at(0).text() == "2001:db8::1");
  const Answer mx = known.lookup({"example.org", Type::mx});
  CHECK(mx.exchanges == std::vector<MxRecord>{{10, "mx.example.org"}, {0, ""}, {5, ""}});
  CHECK(known.lookup({"4.2.0.192.in-addr.arpa", Type::ptr}).names.at(0) == "host.example.org");
  CHECK(known.lookup({"4.2.0.192.in-addr.arpa", Type::ns}).names.at(0) == "ns1.example.org");
  CHECK(known.lookup({"_25._tcp.mx.example.org", Type::tlsa}).tlsa ==
        std::vector<TlsaRecord>{{3, 1, 1, 2}, {2, 0, 0, 0}});
  CHECK(known.lookup({"foo:bar/baz %.example.org", Type::txt}).texts.at(0) == "odd");
  CHECK(known.lookup({"a.b.deep.example", Type::txt}).texts.at(0) == std::string("a\0\xc3\xa9"
                                                                                 "b",
                                                                                 5));
}

TEST_CASE("Zone: how a question without records ends", "[dns][rfc8020]") {
  struct Case {
    std::string name;
    Type type;
    Status status;
  };
  const auto c = GENERATE(values<Case>({
      {"example.org", Type::ptr, Status::no_data},
      {"missing.example.org", Type::a, Status::nxdomain},
      {"b.deep.example", Type::a, Status::no_data},
      {"deep.example", Type::txt, Status::no_data},
      {"x.deep.example", Type::txt, Status::nxdomain},
      {"broken.example.org", Type::mx, Status::servfail},
      {"slow.example.org", Type::a, Status::timeout},
      {"slow.example.org", Type::txt, Status::success},
      {"mixed.example.org", Type::a, Status::timeout},
      {"mixed.example.org", Type::aaaa, Status::servfail},
      {"mixed.example.org", Type::txt, Status::no_data},
      {"mixed.example.org", Type::mx, Status::no_data},
      {"a..b", Type::a, Status::nxdomain},
  }));
  INFO(c.name);
  CHECK(zone().lookup({c.name, c.type}).status == c.status);
}

TEST_CASE("Zone: aliases are followed, but not for ever", "[dns][security]") {
  const Zone known = zone();
  CHECK(known.lookup({"listed.example.org", Type::a}).addresses.size() == 1);
  CHECK(known.lookup({"alias.example.org", Type::ptr}).status == Status::no_data);
  CHECK(known.lookup({"lost.example.org", Type::a}).status == Status::nxdomain);
  CHECK(known.lookup({"loop.example.org", Type::a}).status == Status::servfail);

  const auto chain = [](unsigned aliases) {
    std::string json = "{";
    for (unsigned i = 0; i < aliases; ++i) {
      json += "\"c" + std::to_string(i) + "\":{\"CNAME\":\"c" + std::to_string(i + 1) + "\"},";
    }
    return json + "\"c" + std::to_string(aliases) + "\":{\"A\":[\"192.0.2.1\"]}}";
  };
  const Question first{"c0", Type::a};
  CHECK(parse_zone(chain(max_cname_chain)).value().lookup(first).status == Status::success);
  CHECK(parse_zone(chain(max_cname_chain + 1)).value().lookup(first).status == Status::servfail);
}

TEST_CASE("parse_zone: an error names the owner", "[dns]") {
  struct Case {
    std::string json, owner;
  };
  const auto c = GENERATE(values<Case>({
      {R"([])", ""},
      {R"({"a": {})", ""},
      {"{\"a\": {\"TXT\": [\"\xff\"]}}", ""},
      {R"({"a..b": {}})", "a..b"},
      {R"({"a": []})", "a"},
      {R"({"a": {"SOA": []}})", "a"},
      {R"({"a": {"A": ["::1"]}})", "a"},
      {R"({"a": {"A": "192.0.2.1"}})", "a"},
      {R"({"a": {"AAAA": ["192.0.2.1"]}})", "a"},
      {R"({"a": {"AAAA": [1]}})", "a"},
      {R"({"a": {"MX": [[65536, "b"]]}})", "a"},
      {R"({"a": {"MX": [[-1, "b"]]}})", "a"},
      {R"({"a": {"MX": [[10, "b..c"]]}})", "a"},
      {R"({"a": {"MX": [[10]]}})", "a"},
      {R"({"a": {"TXT": [[1]]}})", "a"},
      {R"({"a": {"TXT": [{}]}})", "a"},
      {R"({"a": {"TXT": 1}})", "a"},
      {R"({"a": {"PTR": [""]}})", "a"},
      {R"({"a": {"TLSA": [[3, 1, 1]]}})", "a"},
      {R"({"a": {"TLSA": [[3, 1, 256, ""]]}})", "a"},
      {R"({"a": {"TLSA": [[3, 1, 1, "0"]]}})", "a"},
      {R"({"a": {"TLSA": [[3, 1, 1, "0g"]]}})", "a"},
      {R"({"a": {"TLSA": [[3, 1, 1, 0]]}})", "a"},
      {R"({"a": {"CNAME": ["b", "c"]}})", "a"},
      {R"({"a": {"TIMEOUT": 1}})", "a"},
      {R"({"a": {}, "A.": {}})", "a"},
      {R"({"b": {}, "a": {}, "b": {}})", "b"},
  }));
  INFO(c.json);
  const auto parsed = parse_zone(c.json);
  REQUIRE_FALSE(parsed.has_value());
  CHECK(parsed.error().owner == c.owner);
  CHECK_FALSE(parsed.error().problem.empty());
}

TEST_CASE("parse_zone: deep nesting is refused, not followed", "[dns][security]") {
  const std::string deep = "{\"a\":" + std::string(200000, '[') + std::string(200000, ']') + "}";
  const auto parsed = parse_zone(deep);
  REQUIRE_FALSE(parsed.has_value());
  CHECK(parsed.error().problem == "JSON is nested too deep");
}

}  // namespace
}  // namespace postern::dns
