#include "lib/keyring/import_opendkim.hpp"

#include "tests/support/catch.hpp"

namespace postern::keyring {
namespace {

std::string told(const ImportPlan& plan) {
  std::string text;
  for (const ImportedKey& key : plan.keys) {
    text += key.domain + " " + key.selector + " " + key.path + std::string(key.inline_key) + " " +
            key.origin + "\n";
  }
  for (const std::string& warning : plan.warnings) text += "! " + warning + "\n";
  return text;
}

ImportPlan plan(std::string_view keys, std::string_view signing) {
  return plan_key_table({keys, "KeyTable"}, NamedText{signing, "SigningTable"});
}

TEST_CASE("plan_key_table: keys that the SigningTable uses", "[keyring]") {
  const std::string_view keys =
      "# comment\n"
      "mail._domainkey.example.org example.org:mail:/etc/opendkim/keys/example.org/mail.private\n"
      "\n"
      "  com\texample.com:2020:/k/com.private  # why\r\n"
      "unused example.net:x:/k/net.private\n";
  CHECK(told(plan(keys,
                  "*@example.org mail._domainkey.example.org\n"
                  "example.com com:signer@example.com\n")) ==
        "example.org mail /etc/opendkim/keys/example.org/mail.private KeyTable:2\n"
        "example.com 2020 /k/com.private KeyTable:4\n"
        "! KeyTable:5: \"unused\" is used by no line of the SigningTable: left out\n");
  CHECK(plan_key_table({keys, "KeyTable"}, std::nullopt).keys.size() == 3);
  CHECK(plan_key_table({keys, "KeyTable"}, std::nullopt).warnings.empty());
}

TEST_CASE("plan_key_table: % stands for the author's domain", "[keyring]") {
  const std::string_view keys = "all %:default:/keys/%/default.private\n";
  CHECK(told(plan(keys, "*@a.example all\n*@b.example all\n*@a.example all\n")) ==
        "a.example default /keys/a.example/default.private KeyTable:1\n"
        "b.example default /keys/b.example/default.private KeyTable:1\n");
  const std::string lost =
      "! KeyTable:1: \"%\" stands for a domain that no line names: import its keys one by one\n";
  CHECK(told(plan(keys, "* all\n")) == lost);
  CHECK(told(plan_key_table({keys, "KeyTable"}, std::nullopt)) == lost);
  // As the name of a key, too.
  CHECK(told(plan("a.example a.example:s:/k\n", "*@a.example %\n")) ==
        "a.example s /k KeyTable:1\n");
  CHECK(told(plan("a.example a.example:s:/k\n", "* %\n")) == "a.example s /k KeyTable:1\n");
}

TEST_CASE("plan_key_table: keys inline and relative paths", "[keyring]") {
  CHECK(told(plan_key_table({"a a.example:s:MIIEpAIBAAKC:x\nb b.example:s:./b.key\n", "K"},
                            std::nullopt)) ==
        "a.example s MIIEpAIBAAKC:x K:1\nb.example s ./b.key K:2\n");
}

TEST_CASE("plan_key_table: what cannot be taken over is named", "[keyring]") {
  struct Row {
    std::string_view keys, signing, told;
  };
  const Row rows[] = {
      {"a example.org:s\n", "", "! KeyTable:1: is no line \"NAME DOMAIN:SELECTOR:KEY\"\n"},
      {"a example.org:s:\n", "*@example.org a\n", "! KeyTable:1: has no key\n"},
      {"a exa/mple.org:s:/k\n", "* a\n", "! KeyTable:1: \"exa/mple.org\" is no domain name\n"},
      {"a example.org:..:/k\n", "* a\n", "! KeyTable:1: \"..\" is no domain name\n"},
      {"", "*@example.org gone\n", "! SigningTable:1: \"gone\" is in no line of the KeyTable\n"},
      {"", "example.org\n", "! SigningTable:1: is no line \"PATTERN NAME\"\n"},
      {"a example.org:s:/k\n", "joe@example.org a\n",
       "example.org s /k KeyTable:1\n! SigningTable:1: \"joe@example.org\" is about single users; "
       "Postern signs for the whole domain\n"},
      {"a example.org:s:/k\n", "*@example.com a\n",
       "example.org s /k KeyTable:1\n! SigningTable:1: mail of example.com was signed as "
       "example.org; Postern signs it with a key of its own domain only\n"},
      {"a example.org:s:/k\n", "*@sub.example.org a\n", "example.org s /k KeyTable:1\n"},
      {"a example.org:s:/k\na example.com:s:/k\n", "* a\n",
       "example.org s /k KeyTable:1\n! KeyTable:2: names a key a second time\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.keys, row.signing);
    CHECK(told(plan(row.keys, row.signing)) == row.told);
  }
}

TEST_CASE("plan_key_table: a flood of mistakes gives a bounded list", "[keyring][security]") {
  std::string keys;
  for (int i = 0; i < 5000; ++i) keys += "x\n";
  CHECK(plan_key_table({keys, "K"}, std::nullopt).warnings.size() == max_import_warnings + 1);
}

TEST_CASE("parse_opendkim_configuration: tables, or one key", "[keyring]") {
  const auto tables = parse_opendkim_configuration(
      "Syslog yes\nKeyTable /etc/opendkim/key.table\n"
      "signingtable refile:/etc/opendkim/signing.table # wild\nDomain ignored.example\n",
      "c");
  CHECK(tables.key_table == "/etc/opendkim/key.table");
  CHECK(tables.signing_table == "/etc/opendkim/signing.table");
  CHECK(tables.warnings.empty());
  const auto single = parse_opendkim_configuration(
      "Domain Example.org, example.com,*\nSelector 2020\nKeyFile /k.private\n", "c");
  CHECK(told(plan_single_key(single, "c")) ==
        "example.org 2020 /k.private c:1\nexample.com 2020 /k.private c:1\n"
        "! c:1: \"*\" is no domain name: left out\n");
  CHECK(told(plan_single_key(parse_opendkim_configuration("Syslog yes\n", "c"), "c")) ==
        "! c: names no key: neither KeyTable, nor Domain, Selector, and KeyFile\n");
  CHECK(parse_opendkim_configuration("KeyTable dsn:mysql://x\nInclude /y\n", "c").warnings ==
        std::vector<std::string>{"c:1: KeyTable is no file: write its lines into one and name that",
                                 "c:2: Include is not followed: import that file"});
}

TEST_CASE("guess_opendkim_file: by its words", "[keyring]") {
  CHECK(guess_opendkim_file("# x\nSyslog yes\n") == OpendkimFile::configuration);
  CHECK(guess_opendkim_file("a example.org:s:/k\n") == OpendkimFile::key_table);
  CHECK(guess_opendkim_file("*@example.org a\n") == OpendkimFile::signing_table);
  CHECK(guess_opendkim_file("*@example.org a:joe@example.org\n") == OpendkimFile::signing_table);
  CHECK(guess_opendkim_file("") == OpendkimFile::signing_table);
}

}  // namespace
}  // namespace postern::keyring
