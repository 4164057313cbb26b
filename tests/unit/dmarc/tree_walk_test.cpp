// Tests of the DNS tree walk.
#include "lib/dmarc/tree_walk.hpp"

#include "tests/support/catch.hpp"

namespace postern::dmarc {
namespace {

using Names = std::vector<std::string>;

dns::Answer texts(std::vector<std::string> texts) {
  dns::Answer answer;
  answer.status = texts.empty() ? dns::Status::nxdomain : dns::Status::success;
  answer.texts = std::move(texts);
  return answer;
}

// Answers for all names of a walk: the given ones, and NXDOMAIN for the others.
dns::Answers answers_for(const std::string& name,
                         const std::vector<std::pair<std::string, std::string>>& records) {
  dns::Answers answers;
  for (const auto& [owner, text] : records) {
    dns::Answer answer = texts({text});
    if (text == "SERVFAIL") {
      answer = dns::Answer();
      answer.status = dns::Status::servfail;
    }
    answers.add({"_dmarc." + owner, dns::Type::txt}, answer);
  }
  for (const std::string& each : walk_names(name)) {
    answers.add({"_dmarc." + each, dns::Type::txt}, texts({}));
  }
  return answers;
}

TEST_CASE("walk_names: at most eight, down to the last label", "[dmarc][rfc9989-4.10]") {
  const auto [name, names] = GENERATE(table<std::string, Names>({
      {"com", {"com"}},
      {"example.com", {"example.com", "com"}},
      {"a.b.c.d.e.example.com",
       {"a.b.c.d.e.example.com", "b.c.d.e.example.com", "c.d.e.example.com", "d.e.example.com",
        "e.example.com", "example.com", "com"}},
      {"a.b.c.d.e.f.example.com",
       {"a.b.c.d.e.f.example.com", "b.c.d.e.f.example.com", "c.d.e.f.example.com",
        "d.e.f.example.com", "e.f.example.com", "f.example.com", "example.com", "com"}},
      {"a.b.c.d.e.f.g.h.i.j.mail.example.com",
       {"a.b.c.d.e.f.g.h.i.j.mail.example.com", "g.h.i.j.mail.example.com",
        "h.i.j.mail.example.com", "i.j.mail.example.com", "j.mail.example.com", "mail.example.com",
        "example.com", "com"}},
  }));
  CHECK(walk_names(name) == names);
}

TEST_CASE("TreeWalks: policy and organization", "[dmarc][rfc9989-4.10.2]") {
  using Records = std::vector<std::pair<std::string, std::string>>;
  const auto [name, records, organization,
              policy] = GENERATE(table<std::string, Records, std::string, std::string>({
      {"a.example.com", {}, "a.example.com", ""},
      {"a.example.com", {{"com", "v=DMARC1"}}, "com", "com"},
      {"a.b.example.com", {{"b.example.com", "v=DMARC1"}}, "b.example.com", "b.example.com"},
      {"a.b.example.com",
       {{"b.example.com", "v=DMARC1"}, {"example.com", "v=DMARC1"}},
       "example.com",
       "example.com"},
      {"a.b.example.com",
       {{"b.example.com", "v=DMARC1; psd=n"}, {"example.com", "v=DMARC1"}},
       "b.example.com",
       "b.example.com"},
      {"a.b.example.com", {{"example.com", "v=DMARC1;psd=y"}}, "b.example.com", "example.com"},
      {"a.b.example.com",
       {{"b.example.com", "v=DMARC1"}, {"example.com", "v=DMARC1;psd=y"}},
       "b.example.com",
       "b.example.com"},
      {"a.b.example.com",
       {{"a.b.example.com", "v=DMARC1"}, {"com", "v=DMARC1;psd=y"}},
       "example.com",
       "a.b.example.com"},
      {"example.com",
       {{"example.com", "v=DMARC1;psd=y"}, {"com", "v=DMARC1"}},
       "example.com",
       "example.com"},
      // the name below the suffix is one the walk skips
      {"a.b.c.d.e.f.g.h.i",
       {{"c.d.e.f.g.h.i", "v=DMARC1;psd=y"}},
       "b.c.d.e.f.g.h.i",
       "c.d.e.f.g.h.i"},
      // failures: only behind the end of the walk do they not matter
      {"a.example.com", {{"com", "SERVFAIL"}}, "", ""},
      {"a.example.com", {{"a.example.com", "v=DMARC1"}, {"com", "SERVFAIL"}}, "", "a.example.com"},
      {"a.example.com", {{"a.example.com", "SERVFAIL"}, {"com", "v=DMARC1"}}, "", ""},
      {"a.example.com",
       {{"example.com", "v=DMARC1;psd=n"}, {"com", "SERVFAIL"}},
       "example.com",
       "example.com"},
      {"a.example.com",
       {{"example.com", "v=DMARC1;psd=y"}, {"com", "SERVFAIL"}},
       "a.example.com",
       "example.com"},
  }));
  CAPTURE(name, records);
  const dns::Answers answers = answers_for(name, records);
  dns::Lookups lookups(answers);
  TreeWalks walks(lookups);
  const Walk& walk = walks.walk(name);
  CHECK_FALSE(lookups.has_missing());
  REQUIRE(walk.is_complete);
  CHECK(walk.organizational_domain == organization);
  CHECK(walk.failed_name.empty() == !organization.empty());
  CHECK(walk.policy_domain == policy);
  CHECK((walk.policy != nullptr) == !policy.empty());
}

TEST_CASE("TreeWalks: all questions at once, and each once", "[dmarc]") {
  const dns::Answers nothing;
  dns::Lookups lookups(nothing);
  TreeWalks walks(lookups);
  CHECK_FALSE(walks.walk("a.example.com").is_complete);
  CHECK_FALSE(walks.walk("b.example.com").is_complete);
  CHECK(lookups.count() == 4);  // a.example.com, b.example.com, example.com, com
}

// DM-04.
TEST_CASE("TreeWalks: 120 labels cost eight questions", "[dmarc][security]") {
  std::string name = "legit.example";
  for (int i = 0; i < 118; ++i) name = "a." + name;
  REQUIRE(name.size() == 249);
  const dns::Answers nothing;
  dns::Lookups lookups(nothing);
  TreeWalks walks(lookups);
  walks.walk(name);
  // "_dmarc." does not fit before the name itself, so nothing can be there.
  CHECK(lookups.count() == max_walk_queries - 1);
  CHECK(walk_names(name).size() == max_walk_queries);
}

// DM-05.
TEST_CASE("TreeWalks: several records are none, other texts do not count",
          "[dmarc][rfc9989-4.10]") {
  const auto [records, is_found] = GENERATE(table<Names, bool>({
      {{"v=DMARC1; p=reject"}, true},
      {{"v=DMARC1; p=reject", "v=spf1 -all", "other"}, true},
      {{"v=DMARC1; p=reject", "v=DMARC1; p=reject"}, false},
      {{"v=DMARC1", "x", "v=DMARC1", "v=DMARC1"}, false},
      {{"v=spf1 -all"}, false},
  }));
  dns::Answers answers;
  answers.add({"_dmarc.com", dns::Type::txt}, texts(records));
  dns::Lookups lookups(answers);
  TreeWalks walks(lookups);
  CHECK((walks.walk("com").policy != nullptr) == is_found);
}

}  // namespace
}  // namespace postern::dmarc
