// Tables through the real postmap.
#include "lib/io/postfix/table_reader.hpp"

#include <cstdlib>

#include "lib/io/postfix/programs.hpp"
#include "lib/recipients/expand.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/io/postfix/postfix_folder.hpp"
#include "tests/unit/io/postfix/silent_server.hpp"

namespace postern::io {
namespace {

using namespace std::chrono_literals;
using recipients::Answer;
using Texts = std::vector<std::string>;

TableSettings settings_of(const PostfixFolder& folder) {
  TableSettings settings;
  settings.config_directory = folder.path();
  settings.timeout = 20s;
  return settings;
}

TableReader::Clock::time_point later() {
  return TableReader::Clock::now() + 60s;
}

// Values; "-" for keys that are not found, "!" for those that fail.
Texts ask(TableReader& reader, const std::string& table, const Texts& keys) {
  std::vector<recipients::Lookup> lookups;
  for (const std::string& key : keys) lookups.push_back({table, key});
  Texts texts;
  for (const Answer& answer : reader.look_up(lookups, later())) {
    switch (answer.kind) {
      case Answer::Kind::found: texts.push_back(answer.text); break;
      case Answer::Kind::missing: texts.push_back("-"); break;
      case Answer::Kind::failed: texts.push_back("!"); break;
    }
  }
  return texts;
}

// Each in a reader of its own, so that nothing is known yet.
Texts ask_once(const PostfixFolder& folder, const std::string& table, const Texts& keys) {
  TableReader reader(settings_of(folder));
  return ask(reader, table, keys);
}

TEST_CASE("TableReader: keys are taken as they are, and folded by fixed tables", "[io]") {
  if (!has_postmap()) return;
  PostfixFolder folder("");
  folder.write("t",
               "a@example.org one@x.example,  two@x.example\n\"a b\"@example.org quoted\n"
               "lines@example.org a@x.example,\n\tb@x.example\nm\xc3\xbcller@example.org umlaut\n"
               "-@example.org dash\nb value\n");
  const auto built =
      run_program({"postmap", "-c", folder.path(), "hash:" + folder.path("t")}, {20s, later()});
  REQUIRE(built.has_value());
  for (const std::string& table : {"hash:" + folder.path("t"), "texthash:" + folder.path("t")}) {
    INFO(table);
    CHECK(ask_once(folder, table,
                   {"A@Example.org", "a@example.org", "\"a b\"@example.org", "a@example.org ",
                    " a@example.org", "lines@example.org", "m\xc3\xbcller@example.org",
                    "M\xc3\x9cLLER@example.org", "none", "-@example.org", "b"}) ==
          Texts{"one@x.example,  two@x.example", "one@x.example,  two@x.example", "quoted", "-",
                "-", "a@x.example,\tb@x.example", "umlaut", "umlaut", "-", "dash", "value"});
    CHECK(ask_once(folder, table, {"none"}) == Texts{"-"});
    CHECK(ask_once(folder, table,
                   {"a@example.org",
                    "not\xff"
                    "utf8"}) == Texts{"one@x.example,  two@x.example", "-"});
  }
}

TEST_CASE("TableReader: tables of all types", "[io]") {
  if (!has_postmap()) return;
  PostfixFolder folder("");
  folder.write("r", "/^(#.*|b.*)@example\\.org$/ $1@x.example\n/^-$/ dash\n");
  const std::string pattern = "regexp:" + folder.path("r");
  CHECK(ask_once(folder, pattern, {"#a@example.org", "bob@example.org", "c@example.org", "-"}) ==
        Texts{"#a@x.example", "bob@x.example", "-", "dash"});
  CHECK(ask_once(folder, "inline:{a=1, {b c = d e, f}}", {"a", "b"}) == Texts{"!", "!"});
  CHECK(ask_once(folder, "inline:{a=1, {b = d e, f}}", {"a", "b"}) == Texts{"1", "d e, f"});
  CHECK(ask_once(folder, "static:{x, y}", {"a"}) == Texts{"x, y"});
  CHECK(ask_once(folder, "unionmap:{inline:{a=1},inline:{a=2}}", {"a"}) == Texts{"1,2"});
  CHECK(ask_once(folder, "inline:{x=1}", {}).empty());
}

TEST_CASE("TableReader: a table that fails is not one that knows nothing", "[io]") {
  if (!has_postmap()) return;
  PostfixFolder folder("");
  folder.write("nodb", "a b\n");
  for (const std::string& table :
       {std::string("fail:x"), std::string("nosuchtype:x"), "hash:" + folder.path("nodb")}) {
    INFO(table);
    CHECK(ask_once(folder, table, {"a", "b"}) == Texts{"!", "!"});
  }
  // It says why at once and ends a second later, which may be too late.
  TableSettings settings = settings_of(folder);
  settings.timeout = 500ms;
  TableReader reader(settings);
  const auto answers = reader.look_up({{"hash:/nowhere/t", "a"}}, later());
  INFO(answers.at(0).text);
  CHECK(answers.at(0).text.find("/nowhere/t.db") != std::string::npos);
}

TEST_CASE("TableReader: warnings before the failure do not hide it, however many", "[io]") {
  if (!has_postmap()) return;
  // Ten warnings of more than 100 octets each, and then it gives up.
  const PostfixFolder folder("queue_directory = /nowhere/" + std::string(200, 'q') + "\n");
  CHECK(ask_once(folder, "proxy:hash:/nowhere/t", {"a"}) == Texts{"!"});
}

TEST_CASE("TableReader: warnings alone are no failure", "[io]") {
  if (!has_postmap()) return;
  const PostfixFolder folder("");
  folder.write("t", "no-value\na b\n");
  CHECK(ask_once(folder, "texthash:" + folder.path("t"), {"a", "c"}) == Texts{"b", "-"});
}

TEST_CASE("TableReader: what is no key is not asked for, and spoils nothing", "[io]") {
  if (!has_postmap()) return;
  const PostfixFolder folder("");
  CHECK(ask_once(folder, "inline:{a=1}",
                 {"", "a\nb", "a\tb", std::string("a\0", 2), std::string(2000, 'x'), "a"}) ==
        Texts{"!", "!", "!", "!", "!", "1"});
}

TEST_CASE("TableReader: an entry that is too long is a failure", "[io]") {
  if (!has_postmap()) return;
  const PostfixFolder folder("");
  folder.write("t", "a " + std::string(20000, 'x') + "\nb c\n");
  CHECK(ask_once(folder, "texthash:" + folder.path("t"), {"a", "b"}) == Texts{"!", "c"});
}

TEST_CASE("TableReader: many keys, more than a pipe holds", "[io]") {
  if (!has_postmap()) return;
  const PostfixFolder folder("");
  Texts keys;
  for (int i = 0; i < 2000; ++i) keys.push_back(std::string(200, 'k') + std::to_string(i));
  CHECK(ask_once(folder, "static:" + std::string(100, 'v'), keys) ==
        Texts(keys.size(), std::string(100, 'v')));
}

TEST_CASE("TableReader: answers are kept, and the same for all who ask", "[io]") {
  if (!has_postmap()) return;
  const PostfixFolder folder("");
  const std::string table = "texthash:" + folder.path("t");
  TableSettings settings = settings_of(folder);
  settings.cached_lookups = 2;
  folder.write("t", "a first\n");
  TableReader reader(settings);
  CHECK(reader.find_known({{table, "a"}}).empty());
  CHECK(ask(reader, table, {"a", "b", "a"}) == Texts{"first", "-", "first"});
  folder.write("t", "a second\nb second\n");
  CHECK(ask(reader, table, {"a", "b"}) == Texts{"first", "-"});
  CHECK(reader.find_known({{table, "a"}, {table, "b"}}).size() == 2);
  CHECK(reader.find_known({{table, "a"}, {table, "c"}}).empty());
  (void)ask(reader, table, {"c", "d"});
  CHECK(ask(reader, table, {"a", "b"}) == Texts{"second", "second"});
}

TEST_CASE("TableReader: failures are forgotten sooner", "[io]") {
  if (!has_postmap()) return;
  const PostfixFolder folder("");
  const std::string table = "texthash:" + folder.path("t");
  TableSettings settings = settings_of(folder);
  TableReader patient(settings);
  settings.failure_time = 0s;
  TableReader quick(settings);
  CHECK(ask(patient, table, {"a"}) == Texts{"!"});
  CHECK(ask(quick, table, {"a"}) == Texts{"!"});
  folder.write("t", "a b\n");
  CHECK(ask(patient, table, {"a", "other"}) == Texts{"!", "!"});
  CHECK(ask(quick, table, {"a", "other"}) == Texts{"b", "-"});
}

TEST_CASE("TableReader: a table that hangs is left after its time, and then at once", "[io]") {
  if (!has_postmap()) return;
  const PostfixFolder folder("");
  const SilentServer server(folder.path("s"));
  REQUIRE(server.works());
  TableSettings settings = settings_of(folder);
  settings.timeout = 300ms;
  settings.failure_time = 20s;
  TableReader reader(settings);
  const auto start = TableReader::Clock::now();
  CHECK(ask(reader, server.table(), {"a"}) == Texts{"!"});
  CHECK(TableReader::Clock::now() - start >= 300ms);
  const auto again = TableReader::Clock::now();
  for (int i = 0; i < 50; ++i)
    CHECK(ask(reader, server.table(), {std::to_string(i)}) == Texts{"!"});
  CHECK(TableReader::Clock::now() - again < 5s);
}

TEST_CASE("TableReader: that there was no time says nothing about a table", "[io]") {
  if (!has_postmap()) return;
  const PostfixFolder folder("");
  TableReader reader(settings_of(folder));
  const auto late = reader.look_up({{"inline:{a=1}", "a"}}, TableReader::Clock::now());
  CHECK(late.at(0).kind == Answer::Kind::failed);
  CHECK(ask(reader, "inline:{a=1}", {"a"}) == Texts{"1"});
  reader.stop();
  CHECK(ask(reader, "inline:{a=1}", {"a", "b"}) == Texts{"1", "!"});
}

TEST_CASE("TableReader: names are read again, and stay when that fails", "[io]") {
  if (!has_postmap()) return;
  const PostfixFolder folder("recipient_delimiter = +\n");
  TableSettings settings = settings_of(folder);
  settings.cache_time = 0s;
  settings.failure_time = 0s;
  TableReader reader(settings);
  CHECK(reader.names() == nullptr);
  reader.refresh_names(later());
  REQUIRE(reader.names() != nullptr);
  const auto before = reader.names();
  folder.write_main_cf("recipient_delimiter = -\n");
  reader.refresh_names(later());
  CHECK(reader.names()->recipient_delimiter == "-");
  CHECK(before->recipient_delimiter == "+");
  std::filesystem::remove(folder.path("main.cf"));
  reader.refresh_names(later());
  CHECK(reader.names()->recipient_delimiter == "-");
  CHECK_FALSE(reader.names_problem().empty());
}

TEST_CASE("TableReader: names that are not due are not read", "[io]") {
  if (!has_postmap()) return;
  const PostfixFolder folder("recipient_delimiter = +\n");
  TableReader reader(settings_of(folder));
  reader.refresh_names(later());
  folder.write_main_cf("recipient_delimiter = -\n");
  reader.refresh_names(later());
  REQUIRE(reader.names() != nullptr);
  CHECK(reader.names()->recipient_delimiter == "+");
}

TEST_CASE("TableReader: a recipient on its way through main.cf", "[io]") {
  if (!has_postmap()) return;
  PostfixFolder folder("");
  folder.write("aliases.regexp", "/^team$/ alice, \\bob\n");
  folder.write_main_cf(
      "mydestination = example.org\nrecipient_delimiter = +\nappend_dot_mydomain = no\n"
      "virtual_alias_maps = inline:{ {info@example.net = team@example.org, carol@example.net} }\n"
      "alias_maps = regexp:" +
      folder.path("aliases.regexp") + "\n");
  TableReader reader(settings_of(folder));
  reader.refresh_names(later());
  REQUIRE(reader.names() != nullptr);
  recipients::TableAnswers answers;
  std::optional<recipients::Expansion> expansion;
  while (!expansion) {
    recipients::Wants wants(answers);
    expansion = recipients::expand("info+x@example.net", *reader.names(), wants);
    const auto missing = wants.missing();
    const auto found = reader.look_up(missing, later());
    for (std::size_t i = 0; i < missing.size(); ++i) answers.add(missing[i], found[i]);
  }
  CHECK(expansion->problem.empty());
  Texts mailboxes;
  for (const auto& mailbox : expansion->mailboxes) mailboxes.push_back(mailbox.address);
  CHECK(mailboxes == Texts{"carol+x@example.net", "alice@mx.example.org", "bob@mx.example.org"});
}

}  // namespace
}  // namespace postern::io
