// Aliases of local(8).
#include "lib/recipients/expand.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/recipients/table_set.hpp"

namespace postern::recipients {
namespace {

TEST_CASE("expand: aliases by local part, of local domains only", "[recipients]") {
  TableSet set = usual_tables();
  auto& aliases = set.tables["hash:aliases"];
  aliases["postmaster"] = "root";
  aliases["root"] = "admin, Other@Example.NET";
  CHECK(expand_in(set, "postmaster@localhost") == Texts{"admin@example.org*", "other@example.net"});
  CHECK(expand_in(set, "root@example.net") == Texts{"root@example.net"});
  set.names.alias_maps.clear();
  CHECK(expand_in(set, "root@example.org") == Texts{"root@example.org*"});
}

TEST_CASE("expand: owner- is asked for along with the alias", "[recipients]") {
  TableSet set = usual_tables();
  set.names.virtual_alias_maps.clear();
  CHECK(expand_in(set, "user+x@example.org") == Texts{"user+x@example.org*"});
  CHECK(set.rounds == 2);
  CHECK(set.keys_asked_of("hash:aliases") == Texts{"owner-user", "owner-user+x", "user", "user+x"});
}

TEST_CASE("expand: extensions of aliases", "[recipients]") {
  TableSet set = usual_tables();
  auto& aliases = set.tables["hash:aliases"];
  set.names.recipient_delimiter = "+-";
  aliases["info"] = "bob";
  CHECK(expand_in(set, "info-x@example.org") == Texts{"bob@example.org*"});
  set.names.propagated.alias = true;
  CHECK(expand_in(set, "info-x@example.org") == Texts{"bob-x@example.org*"});
  aliases["info-x"] = "carol";
  CHECK(expand_in(set, "info-x@example.org") == Texts{"carol@example.org*"});
}

TEST_CASE("expand: an alias that lists itself means the user", "[recipients]") {
  TableSet set = usual_tables();
  auto& aliases = set.tables["hash:aliases"];
  aliases["root"] = "\\root, bob@example.net";
  CHECK(expand_in(set, "root@example.org") == Texts{"root@example.org*", "bob@example.net"});
  set.names.propagated.alias = true;
  CHECK(expand_in(set, "root+x@example.org") == Texts{"root+x@example.org*", "bob+x@example.net"});
  aliases["a"] = "b";
  aliases["b"] = "a";
  CHECK(has_problem(set, "a@example.org"));
  CHECK(has_problem(set, "b@example.org"));
}

TEST_CASE("expand: \\user is looked up again, as local(8) does", "[recipients]") {
  TableSet set = usual_tables();
  set.tables["hash:aliases"]["a"] = "\\b";
  set.tables["hash:aliases"]["b"] = "c";
  CHECK(expand_in(set, "a@example.org") == Texts{"c@example.org*"});
}

TEST_CASE("expand: what is local stays with local(8), the rest begins anew", "[recipients]") {
  TableSet set = usual_tables();
  set.names.canonical_maps = {"hash:canonical"};
  auto& aliases = set.tables["hash:aliases"];
  aliases["info"] = "bob@example.org, carol@example.net";
  set.tables["hash:canonical"]["carol@example.net"] = "dave@example.net";
  auto& virtual_aliases = set.tables["hash:virtual"];
  virtual_aliases["bob@example.org"] = "wrong@x.example";
  virtual_aliases["dave@example.net"] = "eve@x.example";
  CHECK(expand_in(set, "info@example.org") == Texts{"bob@example.org*", "eve@x.example"});

  aliases["owner-info"] = "postmaster";  // then all of it is mail of its own
  CHECK(expand_in(set, "info@example.org") == Texts{"eve@x.example", "wrong@x.example"});
  set.names.owner_request_special = false;
  CHECK(expand_in(set, "info@example.org") == Texts{"bob@example.org*", "eve@x.example"});
}

TEST_CASE("expand: a list with an owner that lists itself goes round", "[recipients]") {
  TableSet set = usual_tables();
  set.tables["hash:aliases"] = {{"list", "list, bob"}, {"owner-list", "bob"}};
  CHECK(has_problem(set, "list@example.org"));
}

TEST_CASE("expand: virtual aliases and aliases that lead to one another", "[recipients]") {
  TableSet set = usual_tables();
  set.tables["hash:virtual"]["shop@example.net"] = "shop@example.org";
  set.tables["hash:aliases"]["shop"] = "shop@example.net";
  CHECK(has_problem(set, "shop@example.net"));
}

TEST_CASE("expand: commands, files, and lists in files are a problem", "[recipients]") {
  TableSet set = usual_tables();
  for (const char* text : {"|/bin/true", "\"| /bin/true a, b\"", "/var/mail/x", "bob, /dev/null",
                           ":include:/etc/list", "~/mail", ""}) {
    INFO(text);
    set.tables["hash:aliases"]["x"] = text;
    CHECK(has_problem(set, "x@example.org"));
  }
}

TEST_CASE("expand: patterns are asked for users too, unlike with addresses", "[recipients]") {
  TableSet set = usual_tables();
  set.names.alias_maps = {"regexp:aliases"};
  set.tables["regexp:aliases"]["user"] = "bob";
  CHECK(expand_in(set, "user+x@example.org") == Texts{"bob@example.org*"});
}

TEST_CASE("expand: aliases that fail are a problem", "[recipients]") {
  TableSet set = usual_tables();
  set.tables["hash:aliases"]["!"] = "cannot be read";
  CHECK(set.run("user@example.org").problem == "hash:aliases: cannot be read");
  CHECK(expand_in(set, "user@example.net") == Texts{"user@example.net"});
}

}  // namespace
}  // namespace postern::recipients
