#include "lib/setup/ledger.hpp"

#include "tests/support/catch.hpp"

namespace postern::setup {
namespace {

using Catch::Matchers::Contains;

Ledger filled() {
  Ledger ledger;
  ledger.version = "0.1.0";
  ledger.postfix_directory = "/etc/postfix";
  ledger.note("/etc/postfix/main.cf", "latin-1: \xe4\n", "after\n");
  ledger.note("/etc/dovecot/conf.d/90-x.conf", std::nullopt, "new\n");
  ledger.directories = {"/etc/dovecot/sieve"};
  ledger.note(ParameterChange{"", "a", std::nullopt, "b", "", false});
  ledger.note(ParameterChange{"smtp/inet", "c", "d", "$x, d", "$x", true});
  return ledger;
}

TEST_CASE("ledger: is read as it was written", "[setup]") {
  const auto read = parse_ledger(format(filled()));
  REQUIRE(read.has_value());
  CHECK(*read == filled());
}

TEST_CASE("ledger: what a file was at first is kept", "[setup]") {
  Ledger ledger = filled();
  ledger.note("/etc/postfix/main.cf", "after\n", "later\n");
  const FileRecord* record = ledger.find("/etc/postfix/main.cf");
  REQUIRE(record != nullptr);
  CHECK(record->before == "latin-1: \xe4\n");
  CHECK(record->after == "later\n");
  CHECK_FALSE(record->is_edited);
  ledger.note("/etc/postfix/main.cf", "edited by hand\n", "last\n");
  CHECK(ledger.find("/etc/postfix/main.cf")->is_edited);
  ledger.note(ParameterChange{"", "a", "b", "c", "", false});
  CHECK_FALSE(ledger.parameters.front().before.has_value());
  CHECK(ledger.parameters.front().after == "c");
}

TEST_CASE("ledger: a run that was killed before it wrote has edited nothing", "[setup]") {
  Ledger ledger = filled();
  ledger.note("/etc/postfix/main.cf", "latin-1: \xe4\n", "again\n");
  CHECK_FALSE(ledger.find("/etc/postfix/main.cf")->is_edited);
}

TEST_CASE("ledger: damage and newer formats are told", "[setup]") {
  CHECK_THAT(parse_ledger("").error(), Contains("is damaged"));
  CHECK_THAT(parse_ledger("{}").error(), Contains("is damaged"));
  CHECK_THAT(parse_ledger(R"({"format":1})").error(), Contains("is damaged"));
  const auto newer = parse_ledger(R"({"format":2,"version":"9.1"})");
  REQUIRE_FALSE(newer.has_value());
  CHECK_THAT(newer.error(), Contains("newer Postern (9.1, format 2"));
  std::string text = format(filled());
  CHECK_FALSE(parse_ledger(text.substr(0, text.size() / 2)).has_value());
}

}  // namespace
}  // namespace postern::setup
