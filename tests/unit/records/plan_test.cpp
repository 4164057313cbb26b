// Tests of working out which records a domain needs.
#include "lib/records/plan.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "lib/dmarc/record.hpp"
#include "lib/records/plan_json.hpp"
#include "lib/records/tls_rpt.hpp"
#include "lib/spf/record.hpp"
#include "tests/support/catch.hpp"

namespace postern::records {
namespace {

Request sample() {
  Request request;
  request.domain = "example.org";
  request.host = "mail.example.org";
  request.addresses = {parse_ip_address("192.0.2.1").value(),
                       parse_ip_address("2001:db8::1").value()};
  request.dkim = {{"s1", "v=DKIM1; k=rsa; p=AAAA", DkimKey::State::active, ""}};
  request.mta_sts = StsMode::testing;
  return request;
}

std::vector<Record> all(const std::vector<Group>& groups) {
  std::vector<Record> records;
  for (const Group& group : groups) {
    records.insert(records.end(), group.records.begin(), group.records.end());
  }
  return records;
}

const Record* find(const std::vector<Record>& records, const std::string& name, Type type) {
  const auto found = std::find_if(records.begin(), records.end(), [&](const Record& record) {
    return record.name == name && record.type == type;
  });
  return found == records.end() ? nullptr : &*found;
}

TEST_CASE("plan: every record of an ordinary domain", "[records]") {
  const Plan made = plan(sample());
  const auto [name, type, value] = GENERATE(table<std::string, Type, std::string>({
      {"example.org", Type::mx, "mail.example.org"},
      {"mail.example.org", Type::a, "192.0.2.1"},
      {"mail.example.org", Type::aaaa, "2001:db8::1"},
      {"mail.example.org", Type::txt, "v=spf1 a -all"},
      {"example.org", Type::txt, "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 ~all"},
      {"s1._domainkey.example.org", Type::txt, "v=DKIM1; k=rsa; p=AAAA"},
      {"_dmarc.example.org", Type::txt, "v=DMARC1; p=none; rua=mailto:postmaster@example.org"},
      {"_mta-sts.example.org", Type::txt,
       "v=STSv1; id=" + sts_id_of(plan(sample()).mta_sts_policy->text)},
      {"mta-sts.example.org", Type::cname, "mail.example.org"},
      {"_smtp._tls.example.org", Type::txt, "v=TLSRPTv1; rua=mailto:postmaster@example.org"},
      {"_imaps._tcp.example.org", Type::srv, "mail.example.org"},
      {"_submissions._tcp.example.org", Type::srv, "mail.example.org"},
      {"_submission._tcp.example.org", Type::srv, "mail.example.org"},
      {"_sieve._tcp.example.org", Type::srv, "mail.example.org"},
  }));
  const std::vector<Record> records = all(made.groups);
  CHECK(records.size() == 14);
  const Record* record = find(records, name, type);
  REQUIRE(record != nullptr);
  CHECK(record->value == value);
  CHECK(made.elsewhere.empty());
}

TEST_CASE("plan: keys that sign no more stand under a heading of their own", "[records]") {
  Request request = sample();
  request.dkim = {{"s1", "one", DkimKey::State::active, ""},
                  {"s0", "old", DkimKey::State::retired, "2026-12-22"},
                  {"s2", "new", DkimKey::State::pending, ""}};
  std::vector<Group> groups;
  for (const Group& group : plan(request).groups) {
    if (group.title.starts_with("DKIM")) groups.push_back(group);
  }
  REQUIRE(groups.size() == 2);
  REQUIRE(groups[0].records.size() == 2);
  CHECK(groups[0].records[0].value == "one");
  CHECK(groups[0].records[1].value == "new");
  REQUIRE(groups[0].remarks.size() == 1);
  CHECK(groups[0].remarks[0].starts_with("s2 does not sign yet"));
  REQUIRE(groups[1].records.size() == 1);
  CHECK(groups[1].records[0].value == "old");
  CHECK(groups[1].remarks == std::vector<std::string>{"s0: keep it published until 2026-12-22"});
}

TEST_CASE("plan: with retired keys alone it says how to make one", "[records]") {
  Request request = sample();
  request.dkim = {{"s0", "old", DkimKey::State::retired, "2026-12-22"}};
  const std::vector<std::string> notes = plan(request).notes;
  CHECK(std::any_of(notes.begin(), notes.end(), [](const std::string& note) {
    return note.find("postern dkim create example.org") != note.npos;
  }));
}

TEST_CASE("sts_id_of: it follows from the policy", "[records][rfc8461-3.1]") {
  const auto id_of = [](const Request& request) {
    return sts_id_of(plan(request).mta_sts_policy->text);
  };
  const std::string id = id_of(sample());
  CHECK(parse_sts_record(format_sts_record(id)).value() == id);
  CHECK(id_of(sample()) == id);
  Request other = sample();
  other.report_address = "a@example.net";
  CHECK(id_of(other) == id);
  other.mta_sts = StsMode::enforce;
  CHECK(id_of(other) != id);
  other = sample();
  other.host = "mx.example.org";
  CHECK(id_of(other) != id);
  CHECK(sts_id_of("") == "cbf29ce484222325");
  CHECK(sts_id_of("a") == "af63dc4c8601ec8c");
}

TEST_CASE("plan: our own parsers read what is published", "[records]") {
  Request request = sample();
  request.report_address = "reports@example.net";
  const std::vector<Record> records = all(plan(request).groups);
  CHECK(spf::parse_record(find(records, "example.org", Type::txt)->value));
  CHECK(spf::parse_record(find(records, "mail.example.org", Type::txt)->value));
  const auto dmarc = dmarc::parse_record(find(records, "_dmarc.example.org", Type::txt)->value);
  REQUIRE(dmarc);
  CHECK(dmarc->p == dmarc::Policy::none);
  CHECK(dmarc->rua == std::vector<std::string>{"mailto:reports@example.net"});
  CHECK(parse_tls_rpt(find(records, "_smtp._tls.example.org", Type::txt)->value));
  CHECK(parse_sts_record(find(records, "_mta-sts.example.org", Type::txt)->value));
}

TEST_CASE("plan: the policy file names the host", "[records][rfc8461-3.2]") {
  Request request = sample();
  request.mta_sts = GENERATE(StsMode::testing, StsMode::enforce);
  const auto file = plan(request).mta_sts_policy;
  REQUIRE(file);
  CHECK(file->url == "https://mta-sts.example.org/.well-known/mta-sts.txt");
  const auto policy = parse_sts_policy(file->text);
  REQUIRE(policy);
  CHECK(policy->mode == *request.mta_sts);
  CHECK(covers(*policy, "mail.example.org"));
}

TEST_CASE("plan: without MTA-STS there is nothing of it", "[records]") {
  Request request = sample();
  request.mta_sts.reset();
  const Plan made = plan(request);
  CHECK_FALSE(made.mta_sts_policy);
  CHECK(find(all(made.groups), "_mta-sts.example.org", Type::txt) == nullptr);
  CHECK(find(all(made.groups), "mta-sts.example.org", Type::cname) == nullptr);
}

TEST_CASE("plan: records of other zones stand apart", "[records]") {
  Request request = sample();
  request.host = "mx.example.net";
  request.report_address = "dmarc@example.com";
  const Plan made = plan(request);
  CHECK(find(all(made.groups), "mx.example.net", Type::a) == nullptr);
  const std::vector<Record> elsewhere = all(made.elsewhere);
  REQUIRE(find(elsewhere, "mx.example.net", Type::a) != nullptr);
  const Record* consent = find(elsewhere, "example.org._report._dmarc.example.com", Type::txt);
  REQUIRE(consent != nullptr);
  CHECK(consent->value == "v=DMARC1");
}

TEST_CASE("plan: the domain as its own host has one SPF record", "[records]") {
  Request request = sample();
  request.host = "example.org";
  const std::vector<Record> records = all(plan(request).groups);
  CHECK(std::count_if(records.begin(), records.end(), [](const Record& record) {
          return record.name == "example.org" && record.type == Type::txt;
        }) == 1);
}

TEST_CASE("plan: what is not known is left out and said", "[records]") {
  Request request = sample();
  request.addresses.clear();
  request.dkim.clear();
  const Plan made = plan(request);
  const std::vector<Record> records = all(made.groups);
  CHECK(find(records, "mail.example.org", Type::a) == nullptr);
  CHECK(find(records, "example.org", Type::txt)->value == "v=spf1 a:mail.example.org ~all");
  REQUIRE(made.notes.size() == 2);
  CHECK(made.notes[0].find("postern dkim create example.org") != std::string::npos);
  CHECK(made.notes[1].find("--ip") != std::string::npos);
}

TEST_CASE("to_json: a long text is whole and in strings", "[records]") {
  Request request = sample();
  request.dkim = {{"s1", "v=DKIM1; p=" + std::string(400, 'A'), DkimKey::State::active, ""}};
  const auto json = to_json(plan(request));
  CHECK(json["domain"] == "example.org");
  bool seen = false;
  for (const auto& record : json["records"]) {
    if (record["name"] != "s1._domainkey.example.org") continue;
    seen = true;
    REQUIRE(record["strings"].size() == 2);
    CHECK(record["strings"][0].get<std::string>() + record["strings"][1].get<std::string>() ==
          record["value"].get<std::string>());
  }
  CHECK(seen);
  CHECK(json["mta_sts_policy"]["url"] == "https://mta-sts.example.org/.well-known/mta-sts.txt");
}

}  // namespace
}  // namespace postern::records
