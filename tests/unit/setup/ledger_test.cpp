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

// A host with one file, changed by runs that may be killed at any point.
struct Host {
  Ledger ledger;
  std::optional<std::string> file = "stock\n";

  enum class Killed { before_the_ledger, before_the_file, after_the_file };
  void run(const std::string& after, Killed killed) {
    Ledger noted = ledger;
    noted.note("/f", file, after);
    if (killed == Killed::before_the_ledger) return;
    ledger = parse_ledger(format(noted)).value();
    if (killed == Killed::after_the_file) file = after;
  }
  [[nodiscard]] bool is_ours() const {
    const FileRecord* record = ledger.find("/f");
    return record == nullptr
               ? file == "stock\n"
               : !record->is_edited && record->before == "stock\n" && record->can_go_back(file);
  }
};

TEST_CASE("ledger: runs that were killed at any point have edited nothing", "[setup]") {
  constexpr int runs = 4;
  constexpr Host::Killed points[] = {Host::Killed::before_the_ledger, Host::Killed::before_the_file,
                                     Host::Killed::after_the_file};
  for (int way = 0; way < 3 * 3 * 3 * 3; ++way) {
    Host host;
    for (int number = 0, rest = way; number < runs; ++number, rest /= 3) {
      host.run("change " + std::to_string(number) + "\n", points[rest % 3]);
      INFO("way " << way << ", run " << number);
      CHECK(host.is_ours());
    }
    if (host.ledger.files.empty()) continue;
    host.file = "by hand\n";
    CHECK_FALSE(host.is_ours());
    host.run("change again\n", Host::Killed::before_the_file);
    CHECK_FALSE(host.is_ours());
    host.run("change at last\n", Host::Killed::after_the_file);
    CHECK_FALSE(host.is_ours());
  }
}

TEST_CASE("ledger: a file that we made goes as a whole, one of the operator's only as it was",
          "[setup]") {
  const FileRecord made{"/m", std::nullopt, "ours\n", true, "edited\n"};
  CHECK(made.can_go_back("ours\n"));
  CHECK(made.can_go_back(std::nullopt));
  CHECK_FALSE(made.can_go_back("edited again\n"));
  const FileRecord changed{"/c", "first\n", "ours\n", true, "edited\n"};
  CHECK(changed.can_go_back("first\n"));
  CHECK_FALSE(changed.can_go_back("ours\n"));
  CHECK_FALSE(changed.can_go_back("edited\n"));
}

TEST_CASE("ledger: a value that was not written again counts as ours", "[setup]") {
  Ledger ledger;
  ledger.note(ParameterChange{"", "m", std::nullopt, "accept", "", false});
  ledger.note(ParameterChange{"", "m", "accept", "tempfail", "", false});
  const ParameterChange change = parse_ledger(format(ledger)).value().parameters.front();
  CHECK(undo(change, "accept", "m = accept\n").empty());
  CHECK(undo(change, "tempfail", "m = tempfail\n").empty());
  CHECK(undo(change, "other", "m = other\n") == "m = other\n");
}

TEST_CASE("ledger: one of a version without what was before the last change", "[setup]") {
  const auto old = parse_ledger(
      R"({"format":1,"version":"0.1.0","postfix_directory":"","dovecot_file":"","files":[)"
      R"({"path":"/f","before":"YQ==","after":"Yg==","is_edited":false}],"directories":[],)"
      R"("parameters":[{"service":"","name":"n","before":null,"after":"Yg==","ours":"",)"
      R"("is_last":false}]})");
  REQUIRE(old.has_value());
  CHECK(old->files.front().previous == "a");
  CHECK_FALSE(old->parameters.front().previous.has_value());
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
