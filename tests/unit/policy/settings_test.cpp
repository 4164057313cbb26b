// Rules and limits as the operator writes them, and mistakes in them.
#include "lib/policy/settings.hpp"

#include "tests/support/catch.hpp"

namespace postern::policy {
namespace {

Expected<Settings, config::ConfigError> load(const std::string& text) {
  const auto document = config::parse_document(text, "f.toml");
  REQUIRE(document.has_value());
  const auto known = config::check_keys(*document, setting_rows());
  if (!known) return Unexpected<config::ConfigError>(known.error());
  return load_settings(*document, {});
}

TEST_CASE("load_settings: without a configuration the defaults stand", "[policy]") {
  const auto settings = load("");
  if (!settings) FAIL(settings.error().text());
  REQUIRE(settings->rules.size() == 4);
  CHECK(settings->rules[0].step == Step::brake);
  CHECK(settings->rules[1].step == Step::limits);
  CHECK(settings->rules[2].step == Step::greylist);
  REQUIRE(settings->limits.size() == 2);
  CHECK(settings->limits[0].name == "login-day");
  CHECK(settings->limits[1].amount == 300);
  CHECK(settings->fail.text == "DUNNO");
  CHECK(settings->server.timeout == std::chrono::seconds(2));
  CHECK(table_files(*settings).empty());
}

TEST_CASE("setting_rows: every default can be read", "[policy]") {
  for (const config::Row& row : setting_rows()) {
    INFO(row.name);
    CHECK(config::parse_value(row.default_text).has_value());
    CHECK_FALSE(row.doc.empty());
  }
}

TEST_CASE("load_settings: a rule with all that it can say", "[policy]") {
  const auto settings = load(R"(
[policy]
rules = ["a"]
country_file = "/x.mmdb"
[policy.rule."a"]
state = ["RCPT", "DATA"]
context = ["submission"]
authenticated = "no"
login = ["alice"]
client = ["192.0.2.0/24", ".example.org"]
client_table = "/etc/postern/clients"
sender = ["<>", "example.org"]
sender_table = "/etc/postern/s"
recipient = ["bob@"]
recipient_table = "/etc/postern/s"
ptr = ["missing", "unconfirmed"]
helo = ["literal"]
country = ["DE"]
spf = ["fail", "softfail"]
spf_helo = ["fail"]
dnslist_at_least = 5
dnslist_at_most = "-0.5"
reputation_below = "-0.25"
reputation_above = -1
negate = ["client", "spf"]
action = "450 4.7.1 {why}"
)");
  if (!settings) FAIL(settings.error().text());
  const Rule& rule = settings->rules.at(0);
  CHECK(rule.conditions().all());
  CHECK(rule.negated.count() == 2);
  CHECK(*rule.dnslist_at_most.value == -0.5);
  CHECK(rule.answer.text == "450 4.7.1 {why}");
  CHECK(table_files(*settings) ==
        std::vector<std::string>{"/etc/postern/clients", "/etc/postern/s"});
}

TEST_CASE("load_settings: built-in tables are changed key by key", "[policy]") {
  const auto settings = load(
      "[policy.limit.\"login-hour\"]\namount = 20\n"
      "[policy.rule.\"greylist\"]\nclient = [\"192.0.2.1\"]\n");
  if (!settings) FAIL(settings.error().text());
  CHECK(settings->limits[1].amount == 20);
  CHECK(settings->limits[1].per == std::chrono::hours(1));
  CHECK(settings->rules[2].step == Step::greylist);
  CHECK(settings->rules[2].client.table.size() == 1);
  CHECK(settings->rules[2].recipient.table.size() == 2);
}

TEST_CASE("load_settings: mistakes are named with file and line", "[policy]") {
  const auto [text, line, problem] = GENERATE(table<std::string, std::size_t, std::string>({
      {"[policy]\nrules = [\"x\"]\n", 2, "there is no [policy.rule.\"x\"]"},
      {"[policy]\nrules = [\"brake\", \"brake\"]\n", 2, "stands there twice"},
      {"[policy]\nfail = \"PERMIT\"\n", 2, "no action of access(5)"},
      {"[policy]\nfail = \"PREPEND X: y\"\n", 2, "no PREPEND at END-OF-MESSAGE"},
      {"[policy.rule.\"a\"]\nstate = [\"RCTP\"]\n", 2, "protocol state"},
      {"[policy.rule.\"a\"]\n\naction = \"REJECT 4.7.1 x\"\n", 3, "another class"},
      {"[policy.rule.\"a\"]\naction = \"limit:x\"\n", 2, "there is no [policy.limit.\"x\"]"},
      {"[policy.rule.\"a\"]\nclient = [\"1.2.3.4/8\"]\n", 2, "bits behind its prefix"},
      {"[policy.rule.\"a\"]\nnegate = [\"client\"]\naction = \"OK\"\n", 2,
       "the rule has no condition \"client\""},
      {"[policy.rule.\"a\"]\nnegate = [\"klient\"]\n", 2, "no condition"},
      {"[policy.rule.\"a\"]\ncountry = [\"DE\"]\n", 2, "needs policy.country_file"},
      {"[policy.rule.\"a\"]\ncountry = [\"Germany\"]\n", 2, "two capital letters"},
      {"[policy.rule.\"a\"]\nspf = [\"temperror\"]\n", 2, "temperror never matches"},
      {"[policy.rule.\"a\"]\nhelo = [\"unknown\"]\n", 2, "is not resolves"},
      {"[policy.rule.\"a\"]\nptr = [\"unknown\"]\n", 2, "is not confirmed"},
      {"[policy.rule.\"a\"]\ndnslist_at_least = \"x\"\n", 2, "dnslist_at_least"},
      {"[policy.rule.\"a\"]\nstate = [\"END-OF-MESSAGE\"]\naction = \"PREPEND X: y\"\n", 3,
       "no PREPEND at END-OF-MESSAGE"},
      {"[policy.rule.\"a\"]\nsneder = [\"a\"]\n", 2,
       "the nearest one is policy.rule.\"NAME\".sender"},
      {"[policy.rule.\"dmarc\"]\naction = \"OK\"\n", 2,
       "policy.rule.\"dmarc\": \"postern enforce dmarc\" switches the check of the milter of this "
       "name: give the rule another, such as \"my-dmarc\""},
      {"[policy]\nrules = [\"brake\"]\n[policy.rule.all]\nstate = [\"RCPT\"]\n", 4,
       "switches all checks and rules"},
      {"[policy.limit.\"a\"]\nkey = []\namount = 1\n", 2, "name at least one attribute"},
      {"[policy.limit.\"a\"]\nkey = [\"login\"]\n", 2, "no attribute"},
      {"[policy.limit.\"a\"]\nkey = [\"sender\", \"sender\"]\n", 2, "an attribute twice"},
      {"[policy.limit.\"a\"]\namount = 1\naction = \"NO\"\n", 3, "no action of access(5)"},
      {"[policy.limit.\"a\"]\namount = 1\nper = \"0s\"\n", 3, "more than nothing"},
      {"[greylist]\naction = \"wait\"\n", 2, "no action of access(5)"},
      {"[greylist]\nwhen = \"sometimes\"\n", 2, "suspicious"},
      {"[brake]\nfactor = 0\n", 2, "is 0"},
      {"[brake]\nhalf_life = \"1h\"\n", 2, "below 1d"},
  }));
  INFO(text);
  const auto settings = load(text);
  REQUIRE_FALSE(settings.has_value());
  INFO(settings.error().text());
  CHECK(settings.error().file == "f.toml");
  CHECK(settings.error().line == line);
  CHECK(settings.error().text().find(problem) != std::string::npos);
}

}  // namespace
}  // namespace postern::policy
