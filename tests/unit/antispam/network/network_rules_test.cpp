// Rules that ask DNS, over zones of our own. What hits was seen with SpamAssassin 4.0.1.
#include <string>
#include <string_view>

#include "lib/antispam/network/name_tags.hpp"
#include "lib/antispam/network/record_filter.hpp"
#include "tests/unit/antispam/network/trial.hpp"

namespace postern::antispam {
namespace {

TEST_CASE("check_rbl: which relays a set looks at", "[antispam][network]") {
  const auto [set, listed, hits] = GENERATE(table<std::string, std::string, bool>({
      {"x", "7.113.0.203", true},
      {"x", "9.100.51.198", true},
      {"x-lastexternal", "7.113.0.203", true},
      {"x-lastexternal", "9.100.51.198", false},
      {"x-firsttrusted", "7.113.0.203", true},
      {"x-firsttrusted", "9.100.51.198", false},
      {"x-untrusted", "7.113.0.203", false},
      {"x-untrusted", "9.100.51.198", true},
      {"x-notfirsthop", "7.113.0.203", true},
      {"x-notfirsthop", "9.100.51.198", false},
  }));
  INFO(set << " " << listed);
  const Trial trial{"header R eval:check_rbl('" + set + "', 'l.org.')\ntflags R net\n",
                    "{\"" + listed + ".l.org\": {\"A\": [\"127.0.0.2\"]}}"};
  CHECK(trial.run().hits == (hits ? Names{"R"} : Names{}));
}

TEST_CASE("check_rbl: subtests, sub-rules, and records beyond 127.0.0.0/8", "[antispam][network]") {
  const auto [subtest, record, hits] = GENERATE(table<std::string, std::string, bool>({
      {"127.0.0.2", "127.0.0.2", true},
      {"127.0.0.2", "127.0.0.22", false},
      {"4", "127.0.0.6", true},
      {"4", "127.0.0.2", false},
      {"^127\\.0\\.0\\.[67]$", "127.0.0.7", true},
      {"^127\\.0\\.0\\.[67]$", "127.0.0.8", false},
      {"4", "192.0.2.4", false},
      {"2", "127.0.0.2", true},
  }));
  INFO(subtest << " " << record);
  const Trial trial{"header S eval:check_rbl_sub('x', '" + subtest + "')\ntflags S net\n" +
                        "header __R eval:check_rbl('x', 'l.org')\ntflags __R net\n",
                    "{\"7.113.0.203.l.org\": {\"A\": [\"" + record + "\"]}}"};
  CHECK(has(trial.run().hits, "S") == hits);
}

TEST_CASE("check_rbl_txt, check_rbl_from_host, check_rbl_from_domain", "[antispam][network]") {
  const Trial trial{
      "header T eval:check_rbl_txt('t', 'l.org', '(?i:reason)')\ntflags T net\n"
      "header H eval:check_rbl_from_host('h', 'l.org')\ntflags H net\n"
      "header D eval:check_rbl_from_domain('d', 'm.org', '2')\ntflags D net\n",
      R"({"7.113.0.203.l.org": {"TXT": ["The Reason"]},
                        "sender.spam.com.l.org": {"A": ["127.0.0.1"]},
                        "spam.com.m.org": {"A": ["127.0.0.2"]}})"};
  CHECK(trial.run().hits == Names{"D", "H", "T"});
}

TEST_CASE("private and odd addresses are never asked about", "[antispam][network][security]") {
  Trial trial{
      "header R eval:check_rbl('x', 'l.org')\ntflags R net\n"
      "urirhsbl U u.org A\nbody U eval:check_uridnsbl('U')\ntflags U net\n"};
  trial.message =
      "Received: from a (a [10.0.0.7]) by b; Mon, 3 May 2010 06:08:01 +0000\n\n"
      "http://192.168.1.1/ http://127.0.0.1/ http://999.1.1.1/\n";
  CHECK(trial.run().asked.empty());
}

TEST_CASE("URI lists: domains, hosts, and addresses", "[antispam][network]") {
  const auto [flags, listed, hits] = GENERATE(table<std::string, std::string, bool>({
      {"", "shop.com", true},
      {"", "www.shop.com", false},
      {"notrim", "www.shop.com", true},
      {"", "99.113.0.203", true},
      {"domains_only", "99.113.0.203", false},
      {"ips_only", "99.113.0.203", true},
      {"ips_only", "shop.com", false},
  }));
  INFO(flags << " " << listed);
  const Trial trial{
      "urirhssub U u.org A 127.0.0.2\nbody U eval:check_uridnsbl('U')\n"
      "tflags U net " +
          flags + "\n",
      "{\"" + listed + ".u.org\": {\"A\": [\"127.0.0.2\"]}}"};
  CHECK(trial.run().hits == (hits ? Names{"U"} : Names{}));
}

TEST_CASE("URI lists: name servers and addresses of hosts", "[antispam][network]") {
  const Trial trial{
      "uridnssub A u.org A 2\nbody A eval:check_uridnsbl('A')\ntflags A net a\n"
      "uridnsbl N u.org A\nbody N eval:check_uridnsbl('N')\ntflags N net\n"
      "urinsrhsbl S s.org A\nbody S eval:check_uridnsbl('S')\ntflags S net\n"
      "urifullnsrhsbl F s.org A\nbody F eval:check_uridnsbl('F')\ntflags F net\n",
      R"({"shop.com": {"NS": ["ns1.dns.net"]}, "ns1.dns.net": {"A": ["192.0.2.8"]},
                        "8.2.0.192.u.org": {"A": ["127.0.0.2"]},
                        "dns.net.s.org": {"A": ["127.0.0.9"]},
                        "ns1.dns.net.s.org": {"A": ["127.0.0.9"]}})"};
  const auto found = trial.run();
  CHECK(found.rounds.size() == 3);
  // N is about name servers, but SpamAssassin 4.0.1 looks up their addresses for A only.
  CHECK(found.hits == Names{"A", "F", "S"});
}

TEST_CASE("URI lists: at most uridnsbl_max_domains hosts, links first", "[antispam][network]") {
  Trial trial{
      "uridnsbl_max_domains 3\nuridnsbl_skip_domain skipped.com\n"
      "urirhsbl U u.org A\nbody U eval:check_uridnsbl('U')\ntflags U net\n"};
  trial.message =
      "Content-Type: text/html\n\n<a href='http://a-link.com/'>x</a> "
      "<a href='http://skipped.com/'>y</a>\n";
  for (int i = 0; i < 50; ++i) {
    trial.message += "http://h" + std::to_string(i) + ".com/ \n";
  }
  const Names asked = trial.run().asked;
  CHECK(asked.size() == 3);
  CHECK(has(asked, "a-link.com.u.org"));
}

TEST_CASE("askdns: tags and filters", "[antispam][network]") {
  Trial trial{
      "askdns A _AUTHORDOMAIN_.l.org A /^127\\.0\\.0\\.[0-9]$/\n"
      "askdns B _DKIMDOMAIN_.l.org TXT \"good\"\n"
      "askdns C _AUTHORDOMAIN_.none.org A [NXDOMAIN]\n"
      "askdns D _LASTEXTERNALREVIP_.l.org A 127.0.0.1-127.0.0.9\n"
      "askdns E _HEADER(Subject)_.l.org A 2\n",
      R"({"sender.spam.com.l.org": {"A": ["127.0.0.3"]},
                  "signer.com.l.org": {"TXT": [["go", "od"]]},
                  "x.l.org": {"A": ["127.0.0.3"]},
                  "7.113.0.203.l.org": {"A": ["127.0.0.9"]}})"};
  CHECK(trial.run().hits == Names{"A", "C", "D"});
  trial.facts.dkim_valid_signers = {"other.com", "signer.com"};
  CHECK(trial.run().hits == Names{"A", "B", "C", "D"});
}

TEST_CASE("tags_of: as templates have them", "[antispam][network]") {
  CHECK(tags_of("_AUTHORDOMAIN_.l.org") == Names{"AUTHORDOMAIN"});
  CHECK(tags_of("_HEADER(X-Y)_._URIHOSTS_.l.org") == Names{"HEADER(X-Y)", "URIHOSTS"});
  CHECK(tags_of("_vouch._DKIMDOMAIN_._spf") == Names{"DKIMDOMAIN"});
  CHECK(tags_of("__ _lower_ _A_B_ _A(").size() == 1);
}

TEST_CASE("lists of digests: matches and addresses", "[antispam][network]") {
  const Trial trial{
      "body B eval:check_hashbl_bodyre('b.org', 'raw/max=10/shuffle', '\\bwrite (to) ')\n"
      "tflags B net\n"
      "header E eval:check_hashbl_emails('e.org/A', 'sha1', 'body')\ntflags E net\n"
      "header M eval:check_hashbl_emails('m.org', 'md5/host', 'body')\ntflags M net\n",
      // sha1("joe@mail.org"), md5("mail.org")
      R"({"to.b.org": {"A": ["127.0.0.2"]}})"};
  const auto found = trial.run();
  CHECK(found.hits == Names{"B"});
  CHECK(found.asked.size() == 3);
  CHECK(has(found.asked, "89cc2ccc71b8e39ada7446dc706f4c31e1e98986.e.org"));
  CHECK(has(found.asked, "d837f97cdbe33a48400d42eab015d43f.m.org"));
}

TEST_CASE("restrictions and lists that refuse us", "[antispam][network]") {
  const std::string rule =
      "header R eval:check_rbl('x', 'l.org')\ntflags R net\n"
      "dns_block_rule R l.org\n";
  const std::string zone = R"({"7.113.0.203.l.org": {"A": ["127.0.0.1"]}})";
  CHECK(Trial{rule, zone}.run().report.refusing == Names{"l.org"});
  Trial blocked{rule, zone};
  blocked.left_alone = {"l.org"};
  CHECK(blocked.run().asked.empty());
  CHECK(Trial{rule + "dns_query_restriction deny org\n", zone}.run().asked.empty());
  CHECK_FALSE(
      Trial{rule + "dns_query_restriction deny org\ndns_query_restriction allow l.org\n", zone}
          .run()
          .asked.empty());
  CHECK(Trial{rule + "dns_query_restriction deny *\n", zone}.run().asked.empty());
  CHECK(Trial{rule + "skip_rbl_checks 1\n", zone}.run().asked.empty());
}

TEST_CASE("rules that cannot ask say why", "[antispam][network]") {
  const Trial trial{
      "header R eval:check_rbl('x', 'l.org', '(')\ntflags R net\n"
      "askdns A _NOSUCHTAG_.l.org A\naskdns B _AUTHORDOMAIN_.l.org SOA\n"};
  const auto found = trial.run();
  CHECK(found.asked.empty());
  CHECK(found.warnings.size() == 3);
}

TEST_CASE("a hostile message asks a bounded number of questions", "[antispam][network][security]") {
  Trial trial{
      "askdns A _AUTHORDOMAIN_._AUTHORDOMAIN_.l.org A\n"
      "askdns B _AUTHORDOMAIN_._URIHOSTS_.l.org A\n"
      "header H eval:check_rbl_from_host('h', 'l.org')\ntflags H net\n"};
  trial.message = "From: ";
  for (int i = 0; i < 3'000; ++i) trial.message += "a@h" + std::to_string(i) + ".com,\n ";
  trial.message += "b@c.org\n\nhttp://a.com/ http://b.com/\n";
  CHECK(trial.run().asked.size() <= usual_list_questions);
}

}  // namespace
}  // namespace postern::antispam
