// Canonical tables and virtual aliases.
#include "lib/recipients/expand.hpp"

#include <algorithm>

#include "lib/recipients/address.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/recipients/table_set.hpp"

namespace postern::recipients {
namespace {

TEST_CASE("expand: without entries an address is its own mailbox", "[recipients]") {
  TableSet set = usual_tables();
  CHECK(expand_in(set, "User@Example.NET") == Texts{"user@example.net"});
  CHECK(expand_in(set, "user") == Texts{"user@example.org*"});
  set.names = {};
  set.names.origin = "example.org";
  CHECK(expand_in(set, "user@example.net") == Texts{"user@example.net"});
  CHECK(set.rounds == 1);
}

TEST_CASE("expand: keys in Postfix's order, in one round", "[recipients]") {
  TableSet set = usual_tables();
  CHECK(expand_in(set, "user+x@example.net") == Texts{"user+x@example.net"});
  CHECK(set.rounds == 2);
  CHECK(set.keys_asked_of("hash:virtual") ==
        Texts{"@example.net", "user+x@example.net", "user@example.net"});
  CHECK(expand_in(set, "user+x@example.org") == Texts{"user+x@example.org*"});
  auto keys = set.keys_asked_of("hash:virtual");
  std::sort(keys.begin(), keys.end());
  CHECK(keys == Texts{"@example.org", "user", "user+x", "user+x@example.org", "user@example.org"});

  auto& table = set.tables["hash:virtual"];
  table["@example.org"] = "five@x.example";
  CHECK(expand_in(set, "user+x@example.org") == Texts{"five@x.example"});
  table["user"] = "four@x.example";
  CHECK(expand_in(set, "user+x@example.org") == Texts{"four+x@x.example"});
  table["user+x"] = "three@x.example";
  CHECK(expand_in(set, "user+x@example.org") == Texts{"three@x.example"});
  table["user@example.org"] = "two@x.example";
  CHECK(expand_in(set, "user+x@example.org") == Texts{"two+x@x.example"});
  table["user+x@example.org"] = "one@x.example";
  CHECK(expand_in(set, "user+x@example.org") == Texts{"one@x.example"});
}

TEST_CASE("expand: each key is looked for in all tables before the next one", "[recipients]") {
  TableSet set = usual_tables();
  set.names.virtual_alias_maps = {"hash:a", "hash:b"};
  set.tables["hash:a"]["@example.net"] = "all@x.example";
  set.tables["hash:b"]["user@example.net"] = "one@x.example";
  CHECK(expand_in(set, "user@example.net") == Texts{"one@x.example"});
}

TEST_CASE("expand: local parts are keys for myorigin and local domains only", "[recipients]") {
  TableSet set = usual_tables();
  set.names.origin = "origin.example";
  set.tables["hash:virtual"]["user"] = "found@x.example";
  CHECK(expand_in(set, "user@origin.example") == Texts{"found@x.example"});
  CHECK(expand_in(set, "user@localhost") == Texts{"found@x.example"});
  CHECK(expand_in(set, "user@example.net") == Texts{"user@example.net"});
}

TEST_CASE("expand: extensions go on as propagate_unmatched_extensions says", "[recipients]") {
  TableSet set = usual_tables();
  set.tables["hash:virtual"]["list@example.net"] = "a@x.example, b";
  CHECK(expand_in(set, "list+x@example.net") == Texts{"a+x@x.example", "b+x@example.org*"});
  set.names.propagated.virtual_alias = false;
  CHECK(expand_in(set, "list+x@example.net") == Texts{"a@x.example", "b@example.org*"});
  set.names.recipient_delimiter = "";
  CHECK(expand_in(set, "list+x@example.net") == Texts{"list+x@example.net"});
}

TEST_CASE("expand: @domain keeps the user, and its extension unless that was left out",
          "[recipients]") {
  TableSet set = usual_tables();
  auto& table = set.tables["hash:virtual"];
  table["@example.net"] = "@x.example";
  CHECK(expand_in(set, "user+x@example.net") == Texts{"user+x@x.example"});
  table["user@example.net"] = "@y.example";
  CHECK(expand_in(set, "user+x@example.net") == Texts{"user+x@y.example"});
  set.names.propagated.virtual_alias = false;
  CHECK(expand_in(set, "user+x@example.net") == Texts{"user@y.example"});
}

TEST_CASE("expand: aliases of aliases, lists, the same mailbox once", "[recipients]") {
  TableSet set = usual_tables();
  auto& table = set.tables["hash:virtual"];
  table["a@example.net"] = "b@example.net";
  table["b@example.net"] = "\"c\"@example.net d@example.net,e";
  table["c@example.net"] = "x@x.example, y@x.example";
  table["d@example.net"] = "y@x.example";
  CHECK(expand_in(set, "a@example.net") == Texts{"x@x.example", "y@x.example", "e@example.org*"});
}

TEST_CASE("expand: an address that lists itself ends there", "[recipients]") {
  TableSet set = usual_tables();
  auto& table = set.tables["hash:virtual"];
  table["a@example.net"] = "A@example.net, b@example.net";
  table["@example.net"] = "@example.net";
  CHECK(expand_in(set, "a@example.net") == Texts{"a@example.net", "b@example.net"});
  CHECK(expand_in(set, "a+x@example.net") == Texts{"a+x@example.net", "b+x@example.net"});
}

TEST_CASE("expand: a catch-all that ends in a mailbox of its own", "[recipients]") {
  TableSet set = usual_tables();
  auto& table = set.tables["hash:virtual"];
  table["@example.net"] = "all@example.net";
  CHECK(expand_in(set, "whoever@example.net") == Texts{"all@example.net"});
}

TEST_CASE("expand: a circle is a problem, whatever else is listed", "[recipients]") {
  TableSet set = usual_tables();
  auto& table = set.tables["hash:virtual"];
  table["a@example.net"] = "b@example.net";
  table["b@example.net"] = "a@example.net";
  CHECK(has_problem(set, "a@example.net"));
  table["b@example.net"] = "a@example.net, c@example.net";
  CHECK(has_problem(set, "a@example.net"));
  CHECK(expand_in(set, "c@example.net") == Texts{"c@example.net"});
}

TEST_CASE("expand: sixteen tables deep and no deeper", "[recipients]") {
  TableSet set = usual_tables();
  auto& table = set.tables["hash:virtual"];
  const auto name = [](int i) { return "a" + std::to_string(i) + "@example.net"; };
  for (int i = 0; i < 16; ++i) table[name(i)] = name(i + 1);
  CHECK(expand_in(set, name(0)) == Texts{name(16)});
  table[name(16)] = name(17);
  CHECK(has_problem(set, name(0)));
}

TEST_CASE("expand: a hundred mailboxes and no more", "[recipients]") {
  TableSet set = usual_tables();
  auto& table = set.tables["hash:virtual"];
  std::string half;
  for (int i = 0; i < 50; ++i) half += "m" + std::to_string(i) + "@x.example,";
  std::string other = half;
  std::replace(other.begin(), other.end(), 'm', 'n');
  table["half@example.net"] = half;
  table["other@example.net"] = other;
  table["list@example.net"] = half + other;
  table["lists@example.net"] = "half@example.net, other@example.net";
  table["more@example.net"] = "half@example.net, other@example.net, last@x.example";
  table["long@example.net"] = half + other + "last@x.example";
  CHECK(set.run("list@example.net").mailboxes.size() == max_mailboxes);
  CHECK(set.run("lists@example.net").mailboxes.size() == max_mailboxes);
  CHECK(has_problem(set, "more@example.net"));
  CHECK(has_problem(set, "long@example.net"));
}

TEST_CASE("expand: many addresses that lead to one mailbox are bounded as well", "[recipients]") {
  TableSet set = usual_tables();
  auto& table = set.tables["hash:virtual"];
  for (int i = 0; i < 30; ++i) {
    table["top@example.net"] += "a" + std::to_string(i) + "@example.net,";
    for (int k = 0; k < 30; ++k) {
      const std::string name = "b" + std::to_string(i) + "." + std::to_string(k) + "@example.net";
      table["a" + std::to_string(i) + "@example.net"] += name + ",";
      table[name] = "one@x.example";
    }
  }
  CHECK(has_problem(set, "top@example.net"));
  CHECK(expand_in(set, "a0@example.net") == Texts{"one@x.example"});
}

TEST_CASE("expand: patterns are asked for whole addresses only", "[recipients]") {
  TableSet set = usual_tables();
  set.names.virtual_alias_maps = {"regexp:r", "proxy:tcp:t"};
  CHECK(expand_in(set, "user+x@example.org") == Texts{"user+x@example.org*"});
  CHECK(set.keys_asked_of("regexp:r") == Texts{"user+x@example.org"});
  CHECK(set.keys_asked_of("proxy:tcp:t") == Texts{"user+x@example.org"});
}

TEST_CASE("expand: canonical tables come first, each until nothing changes", "[recipients]") {
  TableSet set = usual_tables();
  set.names.recipient_canonical_maps = {"hash:rc"};
  set.names.canonical_maps = {"hash:c"};
  set.tables["hash:rc"]["a@example.net"] = "b@example.net, ignored@example.net";
  set.tables["hash:rc"]["b@example.net"] = "c@example.net";
  set.tables["hash:c"]["c@example.net"] = "d@example.net";
  set.tables["hash:c"]["d@example.net"] = "d@example.net";
  set.tables["hash:virtual"]["a@example.net"] = "wrong@x.example";
  set.tables["hash:virtual"]["d@example.net"] = "e@x.example";
  CHECK(expand_in(set, "a@example.net") == Texts{"e@x.example"});
  CHECK(expand_in(set, "a+x@example.net") == Texts{"e+x@x.example"});
  set.names.propagated.canonical = false;
  CHECK(expand_in(set, "a+x@example.net") == Texts{"e@x.example"});
  set.tables["hash:c"]["d@example.net"] = "c@example.net";
  CHECK(has_problem(set, "a@example.net"));
}

TEST_CASE("expand: what virtual aliases list is not looked up in canonical tables",
          "[recipients]") {
  TableSet set = usual_tables();
  set.names.canonical_maps = {"hash:c"};
  set.tables["hash:virtual"]["a@example.net"] = "b@example.net";
  set.tables["hash:c"]["b@example.net"] = "wrong@x.example";
  CHECK(expand_in(set, "a@example.net") == Texts{"b@example.net"});
}

TEST_CASE("expand: a table that fails is a problem, unless an earlier one decides",
          "[recipients]") {
  TableSet set = usual_tables();
  set.names.virtual_alias_maps = {"hash:a", "hash:b"};
  set.tables["hash:b"]["!"] = "no server";
  const Expansion expansion = set.run("user@example.net");
  CHECK(expansion.problem == "hash:b: no server");
  CHECK(expansion.mailboxes.empty());
  set.tables["hash:a"]["user@example.net"] = "user@x.example";
  CHECK(has_problem(set, "user@example.net"));  // that address itself is not in "a"
  set.tables["hash:a"]["user@x.example"] = "user@x.example";
  CHECK(expand_in(set, "user@example.net") == Texts{"user@x.example"});
}

TEST_CASE("expand: a table without an address is a problem", "[recipients]") {
  TableSet set = usual_tables();
  auto& table = set.tables["hash:virtual"];
  for (const char* text : {"|cmd", "/dev/null", "~/x", ":include:/x", "\"|cmd a\"", "a b(c)@x.net",
                           "", ",", "Name <a@b.example>", "a@@", "@", "a@b.example, /dev/null"}) {
    INFO(text);
    table["a@example.net"] = text;
    CHECK(has_problem(set, "a@example.net"));
  }
  table["a@example.net"] = std::string(max_address_size - 10, 'u') + "@x.example";
  CHECK_FALSE(has_problem(set, "a@example.net"));
  CHECK(has_problem(set, "a+longer@example.net"));
}

TEST_CASE("expand: hostile recipients are asked about nowhere", "[recipients]") {
  TableSet set = usual_tables();
  const std::string nul("a\0@example.org", 14);
  for (const std::string& text :
       {std::string(), std::string("a\tb@example.org"), std::string("a\n@example.org"), nul,
        std::string("a b@example.org"), std::string("\"a\"@example.org"), std::string("|x y"),
        std::string(100000, 'a'), std::string(100000, '@'), std::string("a%b@example.org")}) {
    CHECK(has_problem(set, text));
    CHECK(set.asked.empty());
    CHECK(set.rounds == 1);
  }
  CHECK(expand_in(set, "-q@example.net") == Texts{"-q@example.net"});
  CHECK(expand_in(set, "#\xff@example.net") == Texts{"#\xff@example.net"});
}

TEST_CASE("expand: domains that tables of mydestination know are local", "[recipients]") {
  TableSet set = usual_tables();
  set.names.local_domain_tables = {"hash:d", "regexp:d"};
  set.tables["regexp:d"]["table.example"] = "x";
  set.tables["hash:virtual"]["user"] = "found@example.org";
  CHECK(expand_in(set, "user@table.example") == Texts{"found@example.org*"});
  CHECK(set.rounds == 5);  // home and address, local part, where it leads to, aliases
  CHECK(expand_in(set, "user@example.net") == Texts{"user@example.net"});
  set.tables["hash:d"]["!"] = "down";
  CHECK(has_problem(set, "user@example.net"));
  CHECK(expand_in(set, "other@example.org") == Texts{"other@example.org*"});
}

TEST_CASE("expand: whether a domain is local may be unknown", "[recipients]") {
  TableSet set = usual_tables();
  CHECK(has_problem(set, "user@[192.0.2.1]"));
  set.names.local_domains.push_back("[192.0.2.1]");
  CHECK(expand_in(set, "user@[192.0.2.1]") == Texts{"user@[192.0.2.1]*"});
  set.names.has_more_local_domains = true;
  CHECK(has_problem(set, "user@example.net"));
  set.tables["hash:virtual"]["user@example.net"] = "user@example.org";
  CHECK(expand_in(set, "user@example.net") == Texts{"user@example.org*"});
}

TEST_CASE("login_names: with and without extension and domain", "[recipients]") {
  TableSet set = usual_tables();
  const auto logins = [&](const std::string& recipient) {
    return login_names(set.run(recipient).mailboxes.at(0));
  };
  CHECK(logins("user+x@example.org") ==
        Texts{"user+x@example.org", "user@example.org", "user+x", "user"});
  CHECK(logins("user@example.org") == Texts{"user@example.org", "user"});
  CHECK(logins("user+x@example.net") == Texts{"user+x@example.net", "user@example.net"});
}

}  // namespace
}  // namespace postern::recipients
