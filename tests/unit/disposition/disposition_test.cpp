#include "lib/disposition/disposition.hpp"

#include "tests/support/catch.hpp"

namespace postern::disposition {
namespace {

using authres::Result;
using dmarc::Policy;
using verdict::Findings;

Settings enforce() {
  Settings settings;
  settings.enforcement.mode = Mode::enforce;
  return settings;
}

Findings with_dmarc(Result result, Policy policy) {
  Findings findings;
  findings.dmarc.emplace();
  findings.dmarc->result = result;
  findings.dmarc->policy = policy;
  findings.dmarc->author_domain = "author.example";
  findings.dmarc->policy_domain = "author.example";
  return findings;
}

arc::Outcome chain(std::vector<arc::SetInfo> sets) {
  arc::Outcome outcome;
  outcome.result = Result::pass;
  outcome.instances = static_cast<unsigned>(sets.size());
  outcome.sets = std::move(sets);
  return outcome;
}

const Facts stranger{Direction::inbound, parse_ip_address("192.0.2.66").value()};

TEST_CASE("decide: DMARC results and policies", "[disposition][rfc9989]") {
  const auto [result, policy, action] = GENERATE(table<Result, Policy, Action>({
      {Result::pass, Policy::reject, Action::accept},
      {Result::none, Policy::none, Action::accept},
      {Result::fail, Policy::none, Action::accept},
      {Result::fail, Policy::quarantine, Action::tag},
      {Result::fail, Policy::reject, Action::reject},
      {Result::temperror, Policy::reject, Action::accept},
  }));
  const Decision decision = decide(with_dmarc(result, policy), stranger, enforce());
  CHECK(decision.action == action);
  CHECK(decision.wanted == action);
  CHECK((decision.reply.code == 550) == (action == Action::reject));
}

TEST_CASE("decide: a rejection says by whose policy, with the enhanced code",
          "[disposition][rfc7372-3]") {
  const Decision decision = decide(with_dmarc(Result::fail, Policy::reject), stranger, enforce());
  CHECK(decision.reply.line() == "550 5.7.1 Rejected by the DMARC policy of author.example");
  CHECK(decision.reason == "dmarc=fail for author.example, policy reject");
}

TEST_CASE("decide: observe mode wants the same and does nothing", "[disposition]") {
  Settings settings = enforce();
  settings.enforcement.mode = Mode::observe;
  const Decision decision = decide(with_dmarc(Result::fail, Policy::reject), stranger, settings);
  CHECK(decision.action == Action::accept);
  CHECK(decision.wanted == Action::reject);
  CHECK(decision.reply.code == 550);
}

TEST_CASE("decide: quarantine may hold, and mail of our own is not judged", "[disposition]") {
  Settings settings = enforce();
  settings.on_dmarc_quarantine = Action::quarantine;
  CHECK(decide(with_dmarc(Result::fail, Policy::quarantine), stranger, settings).action ==
        Action::quarantine);
  for (const Direction direction : {Direction::submission, Direction::local}) {
    const Facts own{direction, stranger.client_ip};
    CHECK(decide(with_dmarc(Result::fail, Policy::reject), own, settings).action == Action::accept);
  }
}

TEST_CASE("decide: no author means no policy, so a setting decides", "[disposition][security]") {
  Findings findings = with_dmarc(Result::permerror, Policy::none);
  findings.dmarc->policy_domain.clear();
  findings.dmarc->reason = "no From field";
  findings.authors.emplace();
  CHECK(decide(findings, stranger, enforce()).action == Action::reject);
  Settings settings = enforce();
  settings.on_bad_author = Action::tag;
  CHECK(decide(findings, stranger, settings).action == Action::tag);
  findings.authors->domains = {"a.example", "b.example"};
  CHECK(decide(findings, stranger, enforce()).action == Action::reject);
  findings.authors->domains = {"a.example"};
  CHECK(decide(findings, stranger, enforce()).action == Action::accept);
}

TEST_CASE("decide: fail modes turn temperror into a temporary failure", "[disposition]") {
  Settings settings = enforce();
  settings.dmarc_failure = settings.spf_failure = settings.dkim_failure = FailMode::tempfail;
  CHECK(decide(with_dmarc(Result::temperror, Policy::none), stranger, settings).reply.code == 451);

  Findings findings;
  findings.spf.emplace();
  findings.spf->result = Result::temperror;
  CHECK(decide(findings, stranger, settings).reply.enhanced_code == "4.7.24");
  CHECK(decide(findings, stranger, enforce()).action == Action::accept);

  Findings signatures;
  signatures.dkim.emplace(2);
  signatures.dkim->front().result = Result::temperror;
  CHECK(decide(signatures, stranger, settings).action == Action::defer);
  signatures.dkim->back().result = Result::pass;
  CHECK(decide(signatures, stranger, settings).action == Action::accept);
}

TEST_CASE("decide: an SPF fail rejects only when asked to", "[disposition][rfc7372-3.2]") {
  Findings findings;
  findings.spf.emplace();
  findings.spf->result = Result::fail;
  findings.spf->domain = "a.example";
  CHECK(decide(findings, stranger, enforce()).action == Action::accept);
  Settings settings = enforce();
  settings.reject_spf_fail = true;
  CHECK(decide(findings, stranger, settings).reply.enhanced_code == "5.7.23");
}

TEST_CASE("decide: the strictest proposal wins", "[disposition]") {
  Findings findings = with_dmarc(Result::fail, Policy::quarantine);
  findings.unjudged = "limits.header_fields";
  const Decision decision = decide(findings, stranger, enforce());
  CHECK(decision.action == Action::reject);
  CHECK(decision.reply.code == 552);
}

TEST_CASE("decide: overrides accept, say so, and touch nothing else", "[disposition][DM-10]") {
  Settings settings = enforce();
  Findings findings = with_dmarc(Result::fail, Policy::reject);
  findings.spf.emplace();
  findings.spf->result = Result::pass;
  findings.spf->domain = "forwarder.example";
  SECTION("client in a forwarder's network") {
    settings.forwarder_networks = {parse_ip_network("192.0.2.0/24").value()};
    CHECK(decide(findings, stranger, settings).override_reason ==
          "trusted_forwarder: client 192.0.2.66");
  }
  SECTION("domain of MAIL FROM whose SPF passes") {
    settings.forwarder_domains.domains = {"forwarder.example"};
    CHECK(decide(findings, stranger, settings).override_reason ==
          "trusted_forwarder: forwarder.example");
    findings.spf->result = Result::softfail;
    CHECK(decide(findings, stranger, settings).override_reason.empty());
    return;
  }
  SECTION("exception for the author") {
    settings.dmarc_exceptions.domains = {"author.example"};
    CHECK(decide(findings, stranger, settings).override_reason ==
          "local_policy: exception for author.example");
  }
  CHECK(decide(findings, stranger, settings).action == Action::accept);
}

TEST_CASE("decide: an ARC seal counts as far as its sealers are trusted",
          "[disposition][rfc8617-7.2.1]") {
  Settings settings = enforce();
  settings.trusted_sealers.domains = {"list.example", "relay.example"};
  const std::string pass = " lists.example; dmarc=pass header.from=author.example";
  const std::string fail = " lists.example; dmarc=fail header.from=author.example";
  const auto set = [](unsigned instance, const char* domain, const std::string& results) {
    arc::SetInfo info;
    info.instance = instance;
    info.seal_domain = domain;
    info.results = "i=" + std::to_string(instance) + ";" + results;
    return info;
  };
  Findings findings = with_dmarc(Result::fail, Policy::reject);
  const auto override_of = [&](std::vector<arc::SetInfo> sets) {
    findings.arc = chain(std::move(sets));
    return decide(findings, stranger, settings).override_reason;
  };
  CHECK(override_of({set(1, "list.example", pass)}) == "local_policy: ARC seal of list.example");
  CHECK(override_of({set(1, "list.example", pass), set(2, "relay.example", fail)}) ==
        "local_policy: ARC seal of list.example");
  CHECK(override_of({set(1, "list.example", fail)}).empty());
  CHECK(override_of({set(1, "evil.example", pass)}).empty());
  CHECK(override_of({set(1, "evil.example", pass), set(2, "list.example", fail)}).empty());
  CHECK(override_of({set(1, "list.example", pass), set(2, "evil.example", pass)}).empty());
  CHECK(override_of({set(1, "list.example", " x; dmarc=pass header.from=other.example")}).empty());
  CHECK(override_of({set(1, "list.example", " x; dmarc=pass")}).empty());
  CHECK(override_of({set(1, "list.example", pass + "; dmarc=fail header.from=author.example")})
            .empty());
  findings.arc = chain({set(1, "list.example", pass)});
  findings.arc->result = Result::fail;
  CHECK(decide(findings, stranger, settings).override_reason.empty());
}

TEST_CASE("settings_table: the defaults are what the struct says", "[disposition][config]") {
  const auto settings = config::load(settings_table(), config::Document());
  REQUIRE(settings.has_value());
  CHECK(settings->enforcement.mode == Mode::observe);
  CHECK(settings->on_dmarc_quarantine == Action::tag);
  CHECK(settings->on_limit == Action::reject);
  CHECK(settings->on_bad_author == Action::reject);
}

const Facts user{Direction::submission, parse_ip_address("192.0.2.7").value()};

Findings with_submission(Result result) {
  Findings findings;
  findings.submission.emplace();
  findings.submission->result = result;
  findings.submission->place = "From";
  findings.submission->address = "ceo@author.example";
  findings.submission->problem = "address does not belong to the login";
  return findings;
}

TEST_CASE("decide: addresses of others in mail of a user", "[disposition]") {
  const auto [check, result, action, may_sign] = GENERATE(table<CheckAuthor, Result, Action, bool>({
      {CheckAuthor::reject, Result::pass, Action::accept, true},
      {CheckAuthor::reject, Result::fail, Action::reject, false},
      {CheckAuthor::reject, Result::temperror, Action::defer, false},
      {CheckAuthor::reject, Result::none, Action::accept, true},
      {CheckAuthor::no_signature, Result::fail, Action::accept, false},
      {CheckAuthor::no_signature, Result::pass, Action::accept, true},
  }));
  Settings settings = enforce();
  settings.check_author = check;
  const Decision decision = decide(with_submission(result), user, settings);
  CHECK(decision.action == action);
  CHECK(decision.may_sign == may_sign);
  CHECK(decision.reason.find("ceo@") == std::string::npos);  // reasons are logged
  settings.enforcement.mode = Mode::observe;
  const Decision observed = decide(with_submission(result), user, settings);
  CHECK(observed.action == Action::accept);
  CHECK(observed.wanted == action);
  CHECK(observed.may_sign);
}

TEST_CASE("decide: a message over a limit does not slip past the check of its author",
          "[disposition]") {
  Findings findings;
  findings.unjudged = "limits.header_fields";
  Settings settings = enforce();
  CHECK(decide(findings, user, settings).action == Action::accept);
  settings.check_author = CheckAuthor::no_signature;
  CHECK_FALSE(decide(findings, user, settings).may_sign);
  settings.check_author = CheckAuthor::reject;
  for (const Action on_limit : {Action::reject, Action::tag, Action::accept}) {
    settings.on_limit = on_limit;
    const Decision decision = decide(findings, user, settings);
    CHECK(decision.action == Action::reject);
    CHECK(decision.reply.code == 552);
    CHECK_FALSE(decision.may_sign);
  }
}

TEST_CASE("decide_on_unsigned: deferred, unless told otherwise or decided more strictly",
          "[disposition]") {
  const std::string why = "no key of example.org can be used: /keys/s.pem: No such file\n";
  Settings settings = enforce();
  Decision decision;
  decide_on_unsigned(why, settings, decision);
  CHECK(decision.action == Action::defer);
  CHECK(decision.reply.line() == "451 4.3.5 This message cannot be signed now, try again later");
  CHECK(decision.reason ==
        "not signed: no key of example.org can be used: /keys/s.pem: No such file?");

  Decision rejected;
  rejected.action = rejected.wanted = Action::reject;
  rejected.reason = "before";
  decide_on_unsigned(why, settings, rejected);
  CHECK(rejected.action == Action::reject);
  CHECK(rejected.reason == "before");

  settings.enforcement.mode = Mode::observe;
  Decision observed;
  decide_on_unsigned(why, settings, observed);
  CHECK(observed.action == Action::accept);
  CHECK(observed.wanted == Action::defer);

  settings = enforce();
  settings.signing_failure = FailMode::accept;
  Decision accepted;
  decide_on_unsigned(why, settings, accepted);
  CHECK(accepted.wanted == Action::accept);
  CHECK(accepted.reason.empty());
}

TEST_CASE("decide: a temporary failure has a reply that begins with 4",
          "[disposition][rfc5321-4.2]") {
  Settings settings = enforce();
  settings.on_dmarc_quarantine = Action::defer;
  const Decision decision =
      decide(with_dmarc(Result::fail, Policy::quarantine), stranger, settings);
  CHECK(decision.action == Action::defer);
  CHECK(decision.reply.code == 451);
  CHECK(decision.reply.enhanced_code == "4.7.1");
}

Findings scanned(std::vector<antivirus::Outcome> outcomes) {
  Findings findings;
  findings.antivirus.emplace();
  findings.antivirus->outcomes = std::move(outcomes);
  return findings;
}

TEST_CASE("decide: what a scanner says, by default", "[disposition][antivirus]") {
  using Scan = antivirus::Result;
  const auto [result, action] = GENERATE(table<Scan, Action>({
      {Scan::clean, Action::accept},
      {Scan::skipped, Action::accept},
      {Scan::macro, Action::tag},
      {Scan::encrypted, Action::tag},
      {Scan::unscannable, Action::quarantine},
      {Scan::temperror, Action::defer},
      {Scan::infected, Action::reject},
  }));
  const Decision decision =
      decide(scanned({{Scan::clean, ""}, {result, "Name"}}), stranger, enforce());
  CHECK(decision.action == action);
  Settings observe = enforce();
  observe.enforcement.mode = Mode::observe;
  const Decision observed = decide(scanned({{result, "Name"}}), stranger, observe);
  CHECK(observed.action == Action::accept);
  CHECK(observed.wanted == action);
}

TEST_CASE("decide: a virus is named to who sends it, in printable words",
          "[disposition][antivirus]") {
  const Findings findings = scanned({{antivirus::Result::infected, "Odd\r\nName"}});
  const Decision decision = decide(findings, stranger, enforce());
  CHECK(decision.reply.line() == "550 5.7.1 Rejected: it contains a virus (Odd??Name)");
  CHECK(decision.reason == "virus=infected: Odd??Name");
  const Decision away =
      decide(scanned({{antivirus::Result::temperror, "connection refused"}}), stranger, enforce());
  CHECK(away.reply.line() == "451 4.7.1 Cannot be scanned for viruses now, try again later");
}

TEST_CASE("decide: of several objects the strictest action counts", "[disposition][antivirus]") {
  using Scan = antivirus::Result;
  Settings settings = enforce();
  settings.on_macro.action = Action::reject;
  settings.on_infected.action = Action::discard;
  CHECK(decide(scanned({{Scan::encrypted, ""}, {Scan::macro, ""}}), stranger, settings).action ==
        Action::reject);
  CHECK(decide(scanned({{Scan::encrypted, ""}, {Scan::infected, ""}}), stranger, settings).action ==
        Action::discard);
  CHECK(decide(scanned({{Scan::temperror, ""}, {Scan::infected, ""}}), stranger, settings).action ==
        Action::defer);
  settings.antivirus_failure = FailMode::accept;
  CHECK(decide(scanned({{Scan::temperror, ""}, {Scan::clean, ""}}), stranger, settings).action ==
        Action::accept);
  settings.on_infected.action = Action::defer;
  CHECK(decide(scanned({{Scan::infected, "X"}}), stranger, settings).reply.line() ==
        "451 4.7.1 Rejected: it contains a virus (X)");
}

TEST_CASE("decide: viruses in mail of our own users", "[disposition][antivirus]") {
  const Decision decision = decide(scanned({{antivirus::Result::infected, "X"}}), user, enforce());
  CHECK(decision.action == Action::reject);
}

}  // namespace
}  // namespace postern::disposition
