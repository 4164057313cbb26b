// What is asked of too much, what nobody is told, and which lists are left alone.
#include <set>

#include "lib/antispam/network/chosen.hpp"
#include "lib/antispam/network/list_memory.hpp"
#include "tests/unit/antispam/network/trial.hpp"

namespace postern::antispam {
namespace {

constexpr std::string_view all_kinds =
    "uridnssub NS_A u.org A 2\nbody NS_A eval:check_uridnsbl('NS_A')\ntflags NS_A net a ns\n"
    "urirhssub LINK u.org A 2\nbody LINK eval:check_uridnsbl('LINK')\ntflags LINK net\n"
    "header FROM eval:check_rbl_from_host('f', 's.org')\ntflags FROM net\n"
    "header CLIENT eval:check_rbl('z', 'z.org')\ntflags CLIENT net\n";

std::string links(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "http://0x" + std::to_string(i) + ".com/ \n";
  return text;
}

std::size_t place_of(const Names& names, std::string_view name) {
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

TEST_CASE("the client is asked about first, servers last", "[antispam][network]") {
  Trial trial{std::string(all_kinds)};
  trial.message += links(3);
  const auto found = trial.run();
  const Names& first = found.rounds.front();
  CHECK(first.front() == "7.113.0.203.z.org");
  CHECK(place_of(first, "sender.spam.com.s.org") == 1);
  CHECK(place_of(first, "0x1.com.u.org") < place_of(first, "9.100.51.198.z.org"));
  CHECK(place_of(first, "9.100.51.198.z.org") < place_of(first, "0x1.com"));
  CHECK(found.unasked.empty());
}

TEST_CASE("many links take no question from the client, and the rules are named",
          "[antispam][network][security]") {
  Trial trial{std::string(all_kinds) + "uridnsbl_max_domains 300\n",
              R"({"7.113.0.203.z.org": {"A": ["127.0.0.2"]}})"};
  trial.message += links(300);
  const auto found = trial.run();
  CHECK(found.asked.size() <= usual_list_questions);
  CHECK(found.hits == Names{"CLIENT"});
  CHECK(found.unasked == Names{"LINK", "NS_A"});
  CHECK(has(found.asked, "sender.spam.com.s.org"));

  trial.max_questions = 2;
  const auto few = trial.run();
  CHECK(few.asked == Names{"7.113.0.203.z.org", "sender.spam.com.s.org"});
  CHECK(few.hits == Names{"CLIENT"});
  CHECK(few.unasked == Names{"CLIENT", "LINK", "NS_A"});
}

TEST_CASE("many senders and relays take no question from links", "[antispam][network][security]") {
  Trial trial{std::string(all_kinds) +
              "header LAST eval:check_rbl('y-lastexternal', 'y.org')\ntflags LAST net\n"};
  std::string received;
  for (int i = 0; i < 90; ++i) {
    received += "Received: from a.com (a.com [198.51.100." + std::to_string(i) +
                "]) by b.com; Mon, 3 May 2010 06:08:00 +0000\n";
  }
  std::string authors = "From: x@y.com";
  for (int i = 0; i < 2'000; ++i) authors += ",\n a@h" + std::to_string(i) + ".com";
  trial.message = trial.message.substr(0, trial.message.find("From:")) + received + authors +
                  "\n\nhttp://shop.com/\n";
  const auto found = trial.run();
  CHECK(has(found.asked, "7.113.0.203.y.org"));
  CHECK(has(found.asked, "shop.com.u.org"));
}

TEST_CASE("a question that we refused ourselves is no SERVFAIL", "[antispam][network]") {
  Trial trial{
      "askdns A _AUTHORDOMAIN_.l.org A [SERVFAIL,REFUSED,NOERROR,NXDOMAIN]\n"
      "header R eval:check_rbl('x', 'l.org')\ntflags R net\n"};
  CHECK(trial.run().hits == Names{"A"});
  trial.rounds_answered = 0;
  const auto found = trial.run();
  CHECK(found.hits.empty());
  CHECK(found.unasked == Names{"A", "R"});
  CHECK(found.report.silent.empty());
}

TEST_CASE("private addresses and our own names are told to nobody",
          "[antispam][network][security]") {
  Trial trial{
      "header H eval:check_rbl_headers('h', 'l.org')\ntflags H net\n"
      "header V eval:check_rbl_rcvd('v', 'l.org')\ntflags V net\n"
      "header E eval:check_rbl_envfrom('e', 'l.org')\ntflags E net\n"
      "header F eval:check_rbl_from_host('f', 'l.org')\ntflags F net\n"
      "uridnssub A u.org A 2\nbody A eval:check_uridnsbl('A')\ntflags A net a\n"
      "urirhssub U u.org A 2\nbody U eval:check_uridnsbl('U')\ntflags U net notrim\n"
      "askdns D _AUTHORDOMAIN_.l.org A\naskdns I _LASTEXTERNALREVIP_.l.org A\n",
      R"({"split.shop.com": {"A": ["10.1.2.3", "192.0.2.9"]}})"};
  trial.recipients = {"anna@ours.org"};
  trial.own_host = "mx.we.net";
  trial.message =
      "Return-Path: <user@10.0.0.1>\n"
      "Received: from in (in [10.0.0.7]) by gate.inside.org; Mon, 3 May 2010 06:08:01 +0000\n"
      "From: boss@ours.org\nX-Source-IP: 192.168.7.7\nX-WebmailclientIP: 203.0.113.77\n\n"
      "http://www.ours.org/ http://split.shop.com/ http://x.mx.we.net/ http://gate.inside.org/\n";
  const auto found = trial.run();
  for (const std::string& name : found.asked) {
    INFO(name);
    CHECK(name.find("ours.org") == name.npos);
    CHECK(name.find("mx.we.net") == name.npos);
    CHECK(name.find("inside.org") == name.npos);
    CHECK(name.find("10.in") == name.npos);
    CHECK(name.find("192.168") == name.npos);
    CHECK(name.find(".168.192") == name.npos);
    CHECK(name.find(".0.10.") == name.npos);
    CHECK(name.find("3.2.1.10") == name.npos);
  }
  CHECK(has(found.asked, "77.113.0.203.l.org"));
  CHECK(has(found.asked, "9.2.0.192.u.org"));
}

TEST_CASE("recipients are told to no list of digests", "[antispam][network][security]") {
  Trial trial{
      "header E eval:check_hashbl_emails('e.org', 'raw/user', 'ALLFROM/Reply-To/body')\n"
      "body B eval:check_hashbl_bodyre('b.org', 'raw', '(?i)mail (\\S+@\\S+)')\n"
      "header U eval:check_hashbl_uris('u.org', 'sha1')\ntflags U net\n"};
  trial.message =
      "From: spammer@spam.com\nReply-To: Anna+list@Ours.org\n\n"
      "anna@ours.org, bert@ours.org, carl@third.com; mail ANNA@ours.org now\n"
      "http://spam.com/?to=anna@ours.org\n";
  trial.recipients = {"anna+shop@ours.org", "bert@ours.org", "anna@ours.org"};
  const Names asked = trial.run().asked;
  CHECK(has(asked, "spammer.e.org"));
  CHECK(has(asked, "carl.e.org"));
  CHECK(asked.size() == 2);
}

TEST_CASE("keys of HashBL: welcome list, aliases, pattern", "[antispam][network]") {
  const std::string rule = "header E eval:check_hashbl_emails('e.org', 'raw/host', 'body')\n";
  Trial trial{rule};
  trial.message = "From: x@spam.com\n\none@first.com two@second.net third@[192.0.2.1]\n";
  CHECK(trial.run().asked == Names{"first.com.e.org", "second.net.e.org"});
  trial.rules = rule + "hashbl_email_domain_alias main.org FIRST.com other.com\n";
  CHECK(trial.run().asked == Names{"main.org.e.org", "second.net.e.org"});
  trial.rules = rule + "hashbl_email_welcomelist (?i)^ONE@\n";
  CHECK(trial.run().asked == Names{"second.net.e.org"});
  trial.rules = rule + "hashbl_email_regex \\w+\\@(?:\\w+\\.)net\n";
  CHECK(trial.run().asked == Names{"second.net.e.org"});
  trial.rules = rule + "hashbl_email_regex \\w+\\@\\w+\\._TLDS_\n";
  CHECK(trial.run().asked == Names{"first.com.e.org", "second.net.e.org"});
  trial.rules = rule + "hashbl_email_welcomelist (\n";
  const auto found = trial.run();
  CHECK(found.asked.empty());
  CHECK(found.warnings.size() == 1);
}

TEST_CASE("lists of digests: types of records", "[antispam][network]") {
  const std::string message = "From: x@spam.com\n\none@first.com\n";
  const auto with = [&](const std::string& list) {
    Trial trial{"header E eval:check_hashbl_emails('" + list + "', 'raw/host', 'body', '^yes$')\n",
                R"({"first.com.e.org": {"TXT": ["yes"]}})"};
    trial.message = message;
    return trial.run();
  };
  CHECK(with("e.org/TXT").hits == Names{"E"});
  CHECK(with("e.org/a").hits.empty());
  CHECK(with("e.org/MX").warnings.size() == 1);
}

TEST_CASE("some of too many: the same for one secret, others for another",
          "[antispam][network][security]") {
  Trial trial{
      "header E eval:check_hashbl_emails('e.org', 'raw/user/max=3/shuffle', 'body')\n"
      "askdns H _URIHOSTS_.h.org A\n"};
  trial.message = "From: x@spam.com\n\n";
  for (int i = 0; i < 60; ++i) {
    const std::string number = std::to_string(i);
    trial.message += "u" + number + "@mail.com http://h" + number + ".com/ \n";
  }
  const auto asked_with = [&](std::uint64_t word) {
    trial.secret = {word, word * 3};
    const Names asked = trial.run().asked;
    return std::set<std::string>(asked.begin(), asked.end());
  };
  const auto first = asked_with(1);
  CHECK(first.size() == 3 + 20);
  CHECK(first == asked_with(1));
  CHECK(first != asked_with(2));
}

TEST_CASE("secret_rank is SipHash-2-4", "[antispam][network]") {
  const Secret secret = {0x0706050403020100U, 0x0f0e0d0c0b0a0908U};
  std::string input;
  for (char c = 0; c < 15; ++c) input += c;
  CHECK(secret_rank(input, secret) == 0xa129ca6149be45e5U);
  CHECK(secret_rank("", secret) == 0x726fdb47dd0e0e31U);
}

TEST_CASE("dns_available no: nothing is asked", "[antispam][network]") {
  CHECK_FALSE(Trial{std::string(all_kinds)}.run().asked.empty());
  CHECK(Trial{std::string(all_kinds) + "dns_available no\n"}.run().asked.empty());
  CHECK_FALSE(Trial{std::string(all_kinds) + "dns_available test: a.org\n"}.run().asked.empty());
}

TEST_CASE("a list that alone does not answer is silent", "[antispam][network]") {
  const std::string rules =
      "header A eval:check_rbl('a', 'a.org')\ntflags A net\n"
      "header B eval:check_rbl('b', 'B.org.')\ntflags B net\ndns_block_time 60\n";
  const std::string b =
      R"("7.113.0.203.b.org": {"TIMEOUT": true}, "9.100.51.198.b.org": {"TIMEOUT": true})";
  const auto report = Trial{rules, "{" + b + "}"}.run().report;
  CHECK(report.answering == Names{"a.org"});
  CHECK(report.silent == Names{"b.org"});
  CHECK(report.block_seconds == 60);
  // Where nothing answers it is our resolver.
  const std::string a =
      R"("7.113.0.203.a.org": {"TIMEOUT": true}, "9.100.51.198.a.org": {"TIMEOUT": true})";
  CHECK(Trial{rules, "{" + a + "," + b + "}"}.run().report.silent.empty());
  Trial left_alone{rules, "{" + b + "}"};
  left_alone.left_alone = {"b.org"};
  CHECK(left_alone.run().asked == Names{"7.113.0.203.a.org", "9.100.51.198.a.org"});
}

TEST_CASE("ListHealth: three messages without an answer, and lists that refuse",
          "[antispam][network]") {
  ListHealth health;
  const ListReport silent{{}, {}, {"a.org"}, 60};
  CHECK(health.note(silent, 100).empty());
  CHECK(health.note(silent, 101).empty());
  CHECK(health.note({{}, {"a.org"}, {}, 60}, 102).empty());
  CHECK(health.note(silent, 103).empty());
  CHECK(health.note(silent, 104).empty());
  CHECK(health.left_alone(104).empty());
  CHECK(health.note(silent, 105) == Names{"a.org: does not answer"});
  CHECK(health.left_alone(105 + 60) == Names{"a.org"});
  CHECK(health.left_alone(106 + 60).empty());
  // One more afterwards is enough.
  CHECK(health.note(silent, 200) == Names{"a.org: does not answer"});
  CHECK(health.note({{"b.org"}, {}, {}, 300}, 200) == Names{"b.org: refuses our questions"});
  CHECK(health.note({{"b.org"}, {}, {}, 300}, 201).empty());
  CHECK(health.left_alone(201) == Names{"a.org", "b.org"});
}

TEST_CASE("hosts beyond ASCII are asked by their ASCII names", "[antispam][network]") {
  Trial trial{"urirhsbl U u.org A\nbody U eval:check_uridnsbl('U')\ntflags U net\n"};
  trial.message =
      "Content-Type: text/html; charset=utf-8\n\n<a href='http://b\xC3\xBC\x63her.com/'>x</a>\n";
  CHECK(has(trial.run().asked, "xn--bcher-kva.com.u.org"));
}

}  // namespace
}  // namespace postern::antispam
