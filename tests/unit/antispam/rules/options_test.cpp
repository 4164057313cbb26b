// Tests of options and lists.
#include "tests/unit/antispam/rules/load_support.hpp"

namespace postern::antispam {
namespace {

using test::loaded;
using test::warnings;

std::string headers(const RuleSet& set, HeaderTemplate::When when) {
  std::string all;
  for (const HeaderTemplate& header : set.options.headers) {
    if (header.when == when || header.when == HeaderTemplate::When::all) {
      all += header.name + "=" + header.text + ";";
    }
  }
  return all;
}

TEST_CASE("load_rules: header templates", "[antispam]") {
  const RuleSet set = loaded(
      "clear_headers\nadd_header all Foo \"a \\\\\\\\n\\n\\tb\\x\"\nadd_header spam Two x\n"
      "add_header ham Two y\nadd_header all two z\nadd_header spam TWO w\nadd_header all Bar 1\n"
      "remove_header ham Bar\nremove_header spam Checker-Version\nreport_safe 0\n");
  CHECK(warnings(set).empty());
  const std::string version =
      "Checker-Version=SpamAssassin _VERSION_ (_SUBVERSION_) on _HOSTNAME_;";
  CHECK(headers(set, HeaderTemplate::When::ham) == version + "Foo=a \\\\n\n\tb;two=z;");
  CHECK(headers(set, HeaderTemplate::When::spam) ==
        version + "Foo=a \\\\n\n\tb;TWO=w;Bar=1;Report=_REPORT_;");
}

TEST_CASE("load_rules: reports and rewritten headers", "[antispam]") {
  const RuleSet set = loaded(
      "report gone\nclear_report_template\nreport one\nreport \"  two  \"\nreport\nreport \"a\" "
      "b\"\n"
      "rewrite_header subject **SPAM (x)**\nrewrite_header From (x)\nrewrite_header to y\n"
      "rewrite_header To\n");
  CHECK(set.options.report_template == "one\n  two  \n\na\" b\n");
  CHECK(set.options.rewrite_headers ==
        std::map<std::string, std::string>{{"subject", "**SPAM (x)**"}, {"from", "[x]"}});
}

TEST_CASE("load_rules: address lists in old and new words", "[antispam]") {
  const RuleSet set = loaded(
      "whitelist_from *@Example.COM a@b *@example.com\nunwelcomelist_from A@B\n"
      "blacklist_to x@y\ndef_whitelist_auth q@w\nwhitelist_from_dkim A@B.C d.E\n"
      "Whitelist-From-Rcvd *@x Y.z\nwelcomelist_from_rcvd *@X w\n"
      "enlist_uri_host (FOO) a.example !B.example\ndelist_uri_host (FOO) a.example\n"
      "enlist_addrlist (LST) *@a b@C\nwelcomelist_subject Hello *\n"
      "freemail_domains Foo.example *.bar.example\n");
  CHECK(warnings(set).empty());
  const Options& options = set.options;
  CHECK(options.welcomelist_from == AddressGlobs{"*@example.com"});
  CHECK(options.blocklist_to == AddressGlobs{"x@y"});
  CHECK(options.def_welcomelist_auth == AddressGlobs{"q@w"});
  CHECK(options.welcomelist_from_dkim.at(0) == std::pair<std::string, std::string>("a@b.c", "d.e"));
  CHECK(options.welcomelist_from_rcvd.at("*@x") == std::vector<std::string>{"y.z", "w"});
  CHECK(options.uri_host_lists.at("FOO") == std::map<std::string, bool>{{"b.example", false}});
  CHECK(options.address_lists.at("LST") == AddressGlobs{"*@a", "b@c"});
  CHECK(options.welcomelist_subject == AddressGlobs{"hello *"});
  CHECK(options.freemail_domains.contains("foo.example"));
  CHECK(options.freemail_domain_globs == AddressGlobs{"*.bar.example"});
}

TEST_CASE("load_rules: networks", "[antispam]") {
  const RuleSet set = loaded(
      "trusted_networks 10.0.0.0/8 192.168 !172.16/16 172.16.0.0/12 2001:db8::/32 300.1.1.1\n"
      "internal_networks 10.2.0.0/255.255.0.0 198.51.100.1\n");
  const auto trusts = [&](std::string_view text) {
    return set.options.trusted_networks.contains(*parse_ip_address(text));
  };
  CHECK(trusts("10.9.9.9"));
  CHECK(trusts("192.168.4.4"));
  CHECK_FALSE(trusts("172.16.0.1"));
  CHECK(trusts("172.17.0.1"));
  CHECK(trusts("2001:db8::1"));
  CHECK_FALSE(trusts("11.0.0.1"));
  CHECK(set.options.internal_networks.entries().size() == 1);
  CHECK(set.warnings.size() == 2);
}

TEST_CASE("load_rules: single options", "[antispam]") {
  LoadOptions how;
  how.hostname = "mx.example";
  const RuleSet set = loaded(
      "required_hits 6.5\nrbl_timeout 5m\nrbl_timeout 10 5 foo.example\ntime_limit 1.5h\n"
      "dns_query_restriction deny .Foo.example.\nadsp_override @Foo.example all\n"
      "adsp_override bar\nskip_rbl_checks Yes\noriginating_ip_headers X-A x-a X-B\n"
      "util_rb_2tld Co.UK\nredirector_pattern /x=(.*)/i\nhashbl_acl_Foo A !b\n"
      "bayes_ignore_header X-Foo\nuse_dcc 1\n",
      how);
  CHECK(set.warnings.size() == 1);  // use_dcc: its plugin is not loaded
  const Options& options = set.options;
  CHECK(options.required_score == 6.5);
  CHECK(options.rbl_timeout_seconds == 300);
  CHECK(options.time_limit_seconds == 5400);
  CHECK_FALSE(options.dns_query_restrictions.at("foo.example"));
  CHECK(options.adsp_overrides.at("foo.example") == "A");
  CHECK(options.adsp_overrides.at("bar") == "D");
  CHECK(options.skip_rbl_checks);
  CHECK(options.originating_ip_headers == std::vector<std::string>{"X-A", "X-B"});
  CHECK(options.two_level_tlds.contains("co.uk"));
  CHECK(options.redirector_patterns == std::vector<std::string>{"(?i)x=(.*)"});
  CHECK(options.hashbl_acls.size() == 2);
  CHECK(options.bayes_ignore_headers.contains("x-foo"));
  CHECK(options.report_hostname == "mx.example");
}

TEST_CASE("load_rules: an unknown key is told with the nearest one", "[antispam]") {
  const RuleSet set = loaded("requird_score 4\nxyzzy\n");
  REQUIRE(set.warnings.size() == 2);
  CHECK(set.warnings[0].text == "\"requird_score\" is not known; did you mean \"required_score\"?");
  CHECK(set.warnings[1].text == "\"xyzzy\" is not known; remove the line");
}

}  // namespace
}  // namespace postern::antispam
