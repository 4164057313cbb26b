// Tests of reading rules. What is expected is what SpamAssassin 4.0.1 made of the same lines.
#include "tests/unit/antispam/rules/load_support.hpp"

namespace postern::antispam {
namespace {

using test::loaded;
using test::rule;
using test::test_of;
using test::warnings;

TEST_CASE("load_rules: header tests", "[antispam]") {
  const RuleSet set = loaded(
      "header A From =~ /a\\/b/i\n"
      "header B From:addr:first !~ m{x{2}}i [if-unset: two  words ]\n"
      "header C From: =~ m!foo\\!bar!\n"
      "header D exists:X-Foo:\n"
      "header E X-Foo=~/x\\#y/ # comment\n"
      "header F X-Foo =~ /%{WHO}(?<NAME>.)/\n");
  CHECK(warnings(set).empty());
  const auto& a = test_of<HeaderTest>(set, "A");
  CHECK(a.header.text() == "From");
  CHECK(a.pattern == "(?i)a\\/b");
  CHECK_FALSE(a.negated);
  CHECK_FALSE(a.if_unset);
  const auto& b = test_of<HeaderTest>(set, "B");
  CHECK(b.header.modifiers == std::vector<std::string>{"addr", "first"});
  CHECK(b.negated);
  CHECK(b.pattern == "(?i)x{2}");
  CHECK(b.if_unset == "two  words ");
  CHECK(test_of<HeaderTest>(set, "C").pattern == "foo\\!bar");
  CHECK(test_of<HeaderTest>(set, "D").exists);
  CHECK(test_of<HeaderTest>(set, "E").pattern == "x#y");
  CHECK(rule(set, "F").uses_captures);
  CHECK(rule(set, "F").has_captures);
  CHECK(rule(set, "F").priority == -10000);
  CHECK(rule(set, "A").source.line == 1);
}

TEST_CASE("load_rules: lines that SpamAssassin refuses", "[antispam]") {
  const auto line = GENERATE(
      as<std::string>{}, "header A From:foo =~ /x/", "header A exists:X:addr", "header A X",
      "header A", "header A X =~ foo", "header A X =~ /foo/e", "header A X =~ /fo/o/",
      "header A X =~ /foo/g", "header A X =~ /fo(?{1})o/", "body A m\\x\\", "uri A eval:x()",
      "body A eval:nosuch", "header 9A X =~ /x/", "header A-B X =~ /x/", "body A m{fo}o}e",
      "meta A B +1", "meta A B & C", "meta A B / C", "meta A B ** 2", "meta A B -- C", "meta A B C",
      "meta A (B", "meta A B)", "meta A $x", "meta A B::C", "meta A .5 * B", "meta A B and C",
      "meta A B =~ C", "meta A B % 2", "meta A B ? : C", "meta A B >> 1", "score A", "score A +4",
      "score A .5", "score A 1 2", "score A (3)", "describe A", "priority A x",
      "mimeheader A X:addr =~ /x/", "askdns A", "askdns A x FOO", "uridnsbl A zone",
      "urirhssub A z A foo", "uri_detail A foo =~ /x/", "uri_detail A none", "rewrite_header cc x",
      "add_header none X y", "add_header all X", "report_safe 3", "required_score x",
      "skip_rbl_checks maybe", "time_limit -1", "util_rb_tld a.b", "welcomelist_from_rcvd *@x",
      "enlist_uri_host x", "dns_query_restriction x", "adsp_override x huh",
      "redirector_pattern foo", "frobnicate 1", "use_bayes", "lang en", "endif", "else", "if",
      "ifplugin", "if \"x\"", "shortcircuit A on");
  INFO(line);
  const RuleSet set = loaded(line + "\n");
  CHECK(set.warnings.size() == 1);
  CHECK_FALSE(set.find("A"));
  CHECK(set.warnings.at(0).source.line == 1);
  CHECK(set.warnings.at(0).source.file == "test.cf");
}

TEST_CASE("load_rules: a broken definition leaves the one before", "[antispam]") {
  const RuleSet set = loaded("body A /one/\nbody A /two\nbody A /three/x/\n");
  CHECK(test_of<TextTest>(set, "A").pattern == "one");
  CHECK(set.warnings.size() == 2);
}

TEST_CASE("load_rules: eval arguments", "[antispam]") {
  const auto [call, arguments] = GENERATE(table<std::string, std::vector<std::string>>({
      {"f()", {}},
      {"f(  )", {}},
      {"f('a', \"b,c\", 1.2.3.4 , zen.example.)", {"a", "b,c", "1.2.3.4", "zen.example."}},
      {"f('a'b', \"c\\\"d\")", {"a'b", "c\\\"d"}},
      {"f('a',)", {"a"}},
      {"f('')", {""}},
  }));
  const RuleSet set = loaded("header A eval:" + call + "\n");
  INFO(call);
  CHECK(warnings(set).empty());
  CHECK(test_of<EvalTest>(set, "A").arguments == arguments);
}

TEST_CASE("load_rules: evals that do not run", "[antispam]") {
  const RuleSet set = loaded(
      "header A eval:f(a_b)\n"
      "full B eval:html_tag_exists('x')\n"
      "rawbody C eval:html_tag_exists('x')\n"
      "header D eval:check_rbl('a','b')\n");
  CHECK(std::holds_alternative<EmptyTest>(rule(set, "A").test));
  CHECK(std::holds_alternative<EmptyTest>(rule(set, "B").test));
  CHECK(test_of<EvalTest>(set, "C").kind == EvalTest::Kind::rawbody);
  CHECK(test_of<EvalTest>(set, "D").is_rbl);
  CHECK(set.warnings.size() == 2);
}

TEST_CASE("load_rules: scores, flags, and order", "[antispam]") {
  const RuleSet set = loaded(
      "body A /a/\nbody T_B /b/\nbody C /c/\nbody D /d/\nbody T_E /e/\n"
      "score A 1 2 3 4\nscore A (1)\nscore C -0.5\n"
      "tflags D net multiple maxhits=5\ntflags T_E nice\npriority C -7\n");
  CHECK(rule(set, "A").scores == std::array<double, 4>{2, 3, 4, 5});
  CHECK(rule(set, "T_B").scores[0] == 0.01);
  CHECK(rule(set, "C").scores[3] == -0.5);
  CHECK(rule(set, "D").scores[0] == 1);
  CHECK(rule(set, "T_E").scores[0] == -0.01);
  CHECK(rule(set, "D").priority == -100);
  CHECK(rule(set, "D").flags.net);
  CHECK(rule(set, "D").flags.multiple);
  CHECK(rule(set, "D").flags.maxhits == 5);
  CHECK(rule(set, "C").priority == -7);
}

TEST_CASE("load_rules: conditions", "[antispam]") {
  const auto [condition, holds] = GENERATE(table<std::string, bool>({
      {"if (version >= 3.004000)", true},
      {"if (version < 4.000000)", false},
      {"if version+1 > 4.9", true},
      {"if version + 1 > 4.9", true},
      {"if perl_version >= 5.010000 ? 1 : 0", true},
      {"if !plugin(Mail::SpamAssassin::Plugin::DKIM)", false},
      {"ifplugin Mail::SpamAssassin::Plugin::DKIM", true},
      {"ifplugin Mail::SpamAssassin::Plugin::TxRep", false},
      {"ifplugin Mail::SpamAssassin::Plugin::RaciallyCharged", true},
      {"ifplugin Mail::SpamAssassin::Plugin::WhiteListSubject", true},
      {"if can(Mail::SpamAssassin::Conf::feature_edns)", true},
      {"if !has(Mail::SpamAssassin::Conf::nope)", true},
      {"if can(Mail::SpamAssassin::Conf::compat_welcomelist_blocklist)", false},
      {"if has(Mail::SpamAssassin::Plugin::DKIM::check_dkim_valid)", true},
      {"if can(Mail::SpamAssassin::Plugin::DKIM::has_arc)", true},
      {"if can(Mail::SpamAssassin::Plugin::DecodeShortURLs::has_get)", false},
      {"if (local_tests_only)", false},
      {"if !(1 == 1) || (2 != 3)", true},
      {"if Some::Text", true},
      {"if 1 / 0", false},
  }));
  INFO(condition);
  const RuleSet set = loaded(condition + "\nbody A /a/\nelse\nbody B /b/\nendif\nbody C /c/\n");
  CHECK(set.find("A").has_value() == holds);
  CHECK(set.find("B").has_value() != holds);
  CHECK(set.find("C"));
}

TEST_CASE("load_rules: a condition that cannot be read skips its block", "[antispam]") {
  const RuleSet set = loaded("if (\nbody A /a/\nendif\n");
  CHECK_FALSE(set.find("A"));
  CHECK(set.warnings.size() == 1);
}

TEST_CASE("load_rules: nested blocks", "[antispam]") {
  const RuleSet set = loaded(
      "if 0\nbody A /1/\nif 1\nbody B /1/\nelse\nbody C /1/\nendif\nelse\nbody D /1/\nendif\n"
      "if (version < 4)\nrequire_version 3.0\nendif\nbody E /1/\n"
      "if 1\nbody F /1/\nrequire_version 3.0\nbody G /1/\n");
  CHECK(set.rules.size() == 3);
  CHECK(set.find("D"));
  CHECK(set.find("E"));
  CHECK(set.find("F"));
  CHECK(set.warnings.size() == 2);  // the version, and the block that stays open
}

TEST_CASE("load_rules: languages", "[antispam]") {
  const std::string text =
      "body A /a/\ndescribe A one\nlang de describe A zwei\nlang EN_us describe A two\n";
  LoadOptions options;
  CHECK(rule(loaded(text, options), "A").description == "two");
  options.locale = "de_DE";
  CHECK(rule(loaded(text, options), "A").description == "zwei");
  options.locale = "fr";
  CHECK(rule(loaded(text, options), "A").description == "one");
}

TEST_CASE("load_rules: files that include others", "[antispam]") {
  LoadOptions options;
  std::vector<std::string> asked;
  options.include = [&](const std::string& path,
                        const RuleFile&) -> Expected<std::vector<RuleFile>, std::string> {
    asked.push_back(path);
    if (path == "dir/b.cf") {
      return std::vector<RuleFile>{{path, "body IN /x/\nfrob\ninclude ../c.cf\ninclude no.cf\n"}};
    }
    if (path == "dir/../c.cf") return std::vector<RuleFile>{{path, "body C2 /x/\n"}};
    return Unexpected<std::string>("is not there; make it");
  };
  const RuleSet set = load_rules(
      {{"a.cf", "body A /a/\nif 0\nbody B /b/\ninclude dir/b.cf\nbody C /c/\ninclude dir/b.cf\n"}},
      options);
  // A block ends where another file begins, as SpamAssassin has it; no file is read twice.
  CHECK(set.files == std::vector<std::string>{"a.cf", "dir/b.cf", "dir/../c.cf"});
  CHECK(set.find("IN"));
  CHECK(set.find("C"));
  CHECK(rule(set, "C").source.line == 5);
  CHECK_FALSE(set.find("B"));
  CHECK(asked.size() == 3);
  REQUIRE(set.warnings.size() == 3);  // the open block, frob, the missing file
  CHECK(set.warnings[2].text == "the file \"dir/no.cf\" to be included is not there; make it");
}

TEST_CASE("load_rules: rules of plugins", "[antispam]") {
  const RuleSet set = loaded(
      "mimeheader A Content-Type:raw !~ /x/i [if-unset: none]\ntflags A range=2-3 concat\n"
      "askdns B _SENDERDOMAIN_.x.example txt,mx /foo/i\n"
      "askdns C _X_.example\n"
      "urirhssub D zone.example. A 0x10\nbody D eval:check_uridnsbl('D')\n"
      "urifullnsrhssub E z A 127.0.0.2\nbody E eval:check_uridnsbl('E')\n"
      "uridnsbl F z TXT\n"
      "uri_detail G text =~ /foo/i raw !~ m,bar, host =~ m{no}\n");
  CHECK(warnings(set).empty());
  const auto& a = test_of<HeaderTest>(set, "A");
  CHECK(a.of_parts);
  CHECK(a.concat);
  CHECK(a.part_range == std::pair(2U, 3U));
  CHECK(a.if_unset == "none");
  CHECK(test_of<AskDnsTest>(set, "B").types == std::vector<std::string>{"TXT", "MX"});
  CHECK(test_of<AskDnsTest>(set, "C").types == std::vector<std::string>{"A"});
  CHECK(test_of<UriListTest>(set, "D").zone == "zone.example");
  CHECK(test_of<UriListTest>(set, "D").subtest == "16");
  CHECK(test_of<UriListTest>(set, "E").subtest == "2130706434-2130706434");
  CHECK_FALSE(set.find("F"));
  const auto& criteria = test_of<UriDetailTest>(set, "G").criteria;
  REQUIRE(criteria.size() == 2);  // as SpamAssassin, which reads no brackets here
  CHECK(criteria[0].pattern == "(?i)foo");
  CHECK(criteria[1].target == "raw");
  CHECK(criteria[1].negated);
}

TEST_CASE("load_rules: replaced tags", "[antispam]") {
  const auto [pattern, result] = GENERATE(table<std::string, std::string>({
      {"/<A>x<B>/i", "(?i)[a4]x[a4]b"},
      {"/<pre P><post Q><inter I><A><B>y<A>/", "(?:p)[a4]+[_ ]?(?:p)[a4]b+y(?:p)[a4]+"},
      {"/<inter I>x(?<!<A>)<NOPE><B>/", "x(?<![a4])<NOPE>[_ ]?[a4]b"},
      {"/<C>/", "<C>cccccc"},
      {"/(?<!foo)<A>b(?>x)/", "(?<!foo)[a4]b(?>x)"},
      {"/<inter I><A><A>/", "[a4][_ ]?[a4]"},
      {"/plain/", "plain"},
  }));
  const RuleSet set = loaded(
      "replace_tag A [a4]\nreplace_tag B <A>b\nreplace_tag C <C>c\nreplace_pre P (?:p)\n"
      "replace_post Q +\nreplace_inter I [_ ]?\nreplace_rules R\nbody R " +
      pattern + "\n");
  INFO(pattern);
  CHECK(test_of<TextTest>(set, "R").pattern == result);
}

TEST_CASE("load_rules: a pattern that tags make endless is told", "[antispam][security]") {
  const std::string text =
      "replace_tag A <A><A><A><A><A><A><A><A><A><A><A><A><A><A><A><A><A><A><A><A>\n"
      "body R /<A>/\nreplace_rules R\n";
  const RuleSet set = loaded(text);
  CHECK(test_of<TextTest>(set, "R").pattern == "<A>");
  CHECK(set.warnings.size() == 1);
}

}  // namespace
}  // namespace postern::antispam
