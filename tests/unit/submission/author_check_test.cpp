// Whose addresses a login may show.
#include "lib/submission/author_check.hpp"

#include "lib/io/idn2/to_ascii_domain.hpp"
#include "tests/support/catch.hpp"

namespace postern::submission {
namespace {

using authres::Result;

mail::HeaderSection header_of(const std::vector<std::string>& fields) {
  std::vector<mail::HeaderField> views;
  for (const std::string& field : fields) {
    const std::string_view raw = field;
    const std::size_t colon = raw.find(':');
    views.push_back({raw, raw.substr(0, colon), raw.substr(colon + 1)});
  }
  return mail::HeaderSection(std::move(views));
}

// Alice may use her login, sales@, and a name in another domain.
Owners owners_of(const std::string& address) {
  for (const char* own : {"sales@example.org", "alice@xn--bcher-kva.example"}) {
    if (address == own) return {true, {"bob@example.org", "Alice@Example.org"}};
  }
  if (address == "broken@example.org") return {false, {}};
  return {true, {}};
}

Outcome check(const std::vector<std::string>& fields,
              const std::string& mail_from = "alice@example.org",
              const std::string& login = "alice@example.org") {
  const Request request{login, mail_from, {"example.org"}};
  const mail::HeaderSection header = header_of(fields);
  KnownOwners known;
  Evaluation evaluation = check_authors(request, header, io::to_ascii_domain, known);
  for (const std::string& address : evaluation.missing) known[address] = owners_of(address);
  evaluation = check_authors(request, header, io::to_ascii_domain, known);
  CHECK(evaluation.missing.empty());
  return evaluation.outcome;
}

TEST_CASE("check_authors: own addresses pass", "[submission]") {
  const auto fields = GENERATE(table<std::vector<std::string>>({
      {{"From: alice@example.org"}},
      {{"From: Alice <ALICE@example.ORG>"}},
      {{"From: \"alice@example.org\" <alice@example.org>"}},
      {{"From: \"bob@elsewhere.example\" <alice@example.org>"}},
      {{"From: sales@example.org", "Sender: alice@example.org"}},
      {{"From: alice@b\xc3\xbc"
        "cher.example"}},
      {{"From: alice@example.org, sales@example.org", "Sender: alice@example.org"}},
  }));
  const Outcome outcome = check(std::get<0>(fields));
  INFO(outcome.place << " " << outcome.address << " " << outcome.problem);
  CHECK(outcome.result == Result::pass);
}

TEST_CASE("check_authors: addresses of others fail, and are named", "[submission]") {
  const auto [fields, place, address] =
      GENERATE(table<std::vector<std::string>, std::string, std::string>({
          {{"From: ceo@example.org"}, "From", "ceo@example.org"},
          {{"From: alice@example.org, ceo@example.org"}, "From", "ceo@example.org"},
          {{"From: alice@example.org", "Sender: ceo@example.org"}, "Sender", "ceo@example.org"},
          {{"From: alice@example.org", "Resent-From: ceo@example.org"},
           "Resent-From",
           "ceo@example.org"},
          {{"From: alice@example.org", "Resent-Sender: ceo@example.org"},
           "Resent-Sender",
           "ceo@example.org"},
          {{"From: \"ceo@example.org\" <alice@example.org>"},
           "display name in From",
           "ceo@example.org"},
          {{"From: =?utf-8?q?ceo=40example=2Eorg?= <alice@example.org>"},
           "display name in From",
           "ceo@example.org"},
          {{"From: alice@example.org.evil.example"}, "From", "alice@example.org.evil.example"},
      }));
  const Outcome outcome = check(fields);
  CHECK(outcome.result == Result::fail);
  CHECK(outcome.place == place);
  CHECK(outcome.address == address);
}

TEST_CASE("check_authors: a From that is no single thing fails whoever sends it",
          "[submission][rfc5322-3.6.2]") {
  for (const auto& fields : std::vector<std::vector<std::string>>{
           {},
           {"From: alice@example.org", "From: ceo@example.org"},
           {"From: alice@example.org", "From: alice@example.org"},
           {"From: nonsense"},
           {"From: ceo@example.org <alice@evil.example>"},
           {"From: =?utf-8?q?alice=40example.org=00?=@example.org"},
           {"From: alice@example.org", "Sender: nonsense without at"},
       }) {
    const Outcome outcome = check(fields);
    CHECK(outcome.result == Result::fail);
    CHECK(outcome.address.empty());
    CHECK_FALSE(outcome.problem.empty());
  }
}

TEST_CASE("check_authors: MAIL FROM counts, the null sender does not", "[submission]") {
  const std::vector<std::string> fields = {"From: alice@example.org"};
  CHECK(check(fields, "").result == Result::pass);
  CHECK(check(fields, "sales@example.org").result == Result::pass);
  CHECK(check(fields, "ceo@example.org").place == "MAIL FROM");
}

TEST_CASE("check_authors: tables that cannot be read are temperror, a fail goes before",
          "[submission]") {
  CHECK(check({"From: broken@example.org"}).result == Result::temperror);
  CHECK(check({"From: broken@example.org, ceo@example.org", "Sender: alice@example.org"}).result ==
        Result::fail);
}

TEST_CASE("check_authors: no more addresses than max_claims are asked for", "[submission]") {
  std::string from = "From: a0@example.org";
  for (std::size_t i = 1; i < 2 * max_claims; ++i) {
    from += ", a" + std::to_string(i) + "@example.org";
  }
  const Outcome outcome = check({from});
  CHECK(outcome.result == Result::fail);
  CHECK_FALSE(outcome.problem.empty());
}

}  // namespace
}  // namespace postern::submission
