#include "lib/keyring/import_rspamd.hpp"

#include "tests/support/catch.hpp"

namespace postern::keyring {
namespace {

std::string told(const ImportPlan& plan) {
  std::string text;
  for (const ImportedKey& key : plan.keys) {
    text += key.domain + " " + key.selector + " " + key.path + " " + key.origin + "\n";
  }
  for (const KeyPattern& pattern : plan.patterns) {
    text += "* " + pattern.selector + " " + pattern.path_of("$domain") + "\n";
  }
  for (const std::string& warning : plan.warnings) text += "! " + warning + "\n";
  return text;
}

std::string told(std::string_view text) {
  const auto configuration = parse_rspamd_configuration(text, "c");
  if (!configuration) return configuration.error();
  std::string all = told(plan_rspamd(*configuration, "c", std::nullopt, std::nullopt));
  for (const std::string& warning : configuration->warnings) all += "! " + warning + "\n";
  return all;
}

TEST_CASE("plan_rspamd: the documented forms", "[keyring]") {
  struct Row {
    std::string_view text, told;
  };
  const Row rows[] = {
      {"", "* dkim /var/lib/rspamd/dkim/$domain.dkim.key\n"},
      {"selector = \"2020\";\npath = \"/k/$domain/$selector.key\";\n",
       "* 2020 /k/$domain/2020.key\n"},
      {"path = \"$DBDIR/dkim/$selector.$domain.key\";",
       "* dkim /var/lib/rspamd/dkim/dkim.$domain.key\n"},
      {"path = \"/k/one.key\";",
       "! c: names no domain: neither a block \"domain\", nor a map, nor a path with $domain\n"},
      {"domain {\n  example.com {\n    path = \"/k/$domain.key\";\n    selector = \"ds\";\n  "
       "}\n}\n",
       "example.com ds /k/example.com.key c:3\n"},
      {"selector = s1;\ndomain { example.com { } b.example { selector = s2; } }",
       "b.example s2 /var/lib/rspamd/dkim/b.example.s2.key c:2\n"},
      {"domain {\n example.com {\n  selectors [\n   { path: \"/k/r.key\"; selector: \"r\" },\n"
       "   { path: \"/k/e.key\"; selector: \"e\" }\n  ]\n }\n}",
       "example.com r /k/r.key c:4\nexample.com e /k/e.key c:5\n"},
      {"domain example.com { selector = s; path = /k; }", "example.com s /k c:1\n"},
      {"dkim_signing {\n enabled = true;\n domain { example.com { selector = s; path = /k; } }\n}",
       "example.com s /k c:3\n"},
      {"use_esld = true;\nuse_redis = true;\n",
       "* dkim /var/lib/rspamd/dkim/$domain.dkim.key\n"
       "! c:2: use_redis: keys that are not in files are left out\n"},
      {"use_redis = false;", "* dkim /var/lib/rspamd/dkim/$domain.dkim.key\n"},
      {"sign_locl = true;\n",
       "* dkim /var/lib/rspamd/dkim/$domain.dkim.key\n"
       "! c:1: \"sign_locl\" is not understood: passed over\n"},
      {".include \"x\"\n",
       "* dkim /var/lib/rspamd/dkim/$domain.dkim.key\n"
       "! c:1: \".include\" is not understood: passed over\n"},
      {"domain { example.com { selector = s; pth = /k; } }",
       "example.com s /var/lib/rspamd/dkim/example.com.s.key c:1\n"
       "! c:1: \"pth\" in a domain block is not understood: passed over\n"},
      {"domain { \"../x\" { selector = s; } }", "! c:1: \"../x\" is no domain name: left out\n"},
      {"selector_map = \"https://x/map\";\n",
       "* dkim /var/lib/rspamd/dkim/$domain.dkim.key\n"
       "! c:1: the map is no file with an absolute path: left out\n"},
      {"path = \"\";\ndomain { example.com { selector = s; } }",
       "! c:2: names no path of a key: left out\n"},
      {"a {\n", "c:2: ends inside a block"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(told(row.text) == row.told);
  }
}

TEST_CASE("plan_rspamd: maps", "[keyring]") {
  const auto configuration = parse_rspamd_configuration(
      "selector_map = \"file://$LOCAL_CONFDIR/local.d/s.map\";\n"
      "path_map = [ \"/etc/p.map\" ];\nselector = s0;\n",
      "c");
  REQUIRE(configuration);
  CHECK(configuration->selector_map == "/etc/rspamd/local.d/s.map");
  CHECK(configuration->path_map == "/etc/p.map");
  const RspamdMap selectors{"# x\na.example s1\nb.example s2 # y\n", "s.map"};
  const RspamdMap paths{"b.example /k/$selector.key\nc.example /k/c.key\n", "p.map"};
  CHECK(told(plan_rspamd(*configuration, "c", selectors, paths)) ==
        "a.example s1 /var/lib/rspamd/dkim/a.example.s1.key s.map:2\n"
        "b.example s2 /k/s2.key s.map:3\n"
        "c.example s0 /k/c.key p.map:2\n");
}

TEST_CASE("KeyPattern: names that fit", "[keyring][security]") {
  const auto configuration = parse_rspamd_configuration("path = /k/a-$domain.$selector.key;", "c");
  const ImportPlan plan = plan_rspamd(*configuration, "c", std::nullopt, std::nullopt);
  REQUIRE(plan.patterns.size() == 1);
  const KeyPattern& pattern = plan.patterns[0];
  CHECK(pattern.folder == "/k");
  CHECK(pattern.domain_of("a-example.org.dkim.key") == "example.org");
  CHECK(pattern.path_of("example.org") == "/k/a-example.org.dkim.key");
  for (const char* name : {"a-.dkim.key", "example.org.dkim.key", "a-example.org.x.key", "",
                           "a-EXAMPLE.org.dkim.key", "a-x..y.dkim.key", "a-dkim.key"}) {
    CAPTURE(name);
    CHECK_FALSE(pattern.domain_of(name));
  }
}

}  // namespace
}  // namespace postern::keyring
