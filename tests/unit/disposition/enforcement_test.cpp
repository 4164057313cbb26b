#include "lib/disposition/enforcement.hpp"

#include "lib/disposition/disposition.hpp"
#include "tests/support/catch.hpp"

namespace postern::disposition {
namespace {

using verdict::Findings;

const Facts stranger{Direction::inbound, parse_ip_address("192.0.2.66").value()};

// A message that DMARC rejects, and that carries a document with macros, which is tagged.
Findings bad_message() {
  Findings findings;
  findings.dmarc.emplace();
  findings.dmarc->result = authres::Result::fail;
  findings.dmarc->policy = dmarc::Policy::reject;
  findings.dmarc->author_domain = "author.example";
  findings.antivirus.emplace();
  findings.antivirus->outcomes = {{antivirus::Result::macro, ""}};
  return findings;
}

Settings observing_but(std::vector<std::string> names) {
  Settings settings;
  settings.enforcement = {Mode::observe, std::move(names)};
  return settings;
}

TEST_CASE("is_taken_name: every check, and all", "[disposition]") {
  for (const Subject& subject : subjects()) CHECK(is_taken_name(subject.name));
  CHECK(is_taken_name("all"));
  CHECK_FALSE(is_taken_name("greylist"));
  CHECK_FALSE(is_taken_name("my-dmarc"));
}

TEST_CASE("Enforcement: covers all in enforce mode, else what is named", "[disposition]") {
  CHECK(Enforcement{Mode::enforce, {}}.covers("dmarc"));
  CHECK_FALSE(Enforcement{}.covers("dmarc"));
  const Enforcement some{Mode::observe, {"dmarc", "greylist"}};
  CHECK(some.covers("dmarc"));
  CHECK(some.covers("greylist"));
  CHECK_FALSE(some.covers("spf"));
  CHECK(some.text() == "observe, but enforce dmarc greylist");
  CHECK(Enforcement{Mode::enforce, {"dmarc"}}.text() == "enforce");
  CHECK(Enforcement{}.text() == "observe");
}

TEST_CASE("decide: what is enforced is done, what all want is shown", "[disposition]") {
  const Decision nothing = decide(bad_message(), stranger, observing_but({}));
  CHECK(nothing.action == Action::accept);
  CHECK(nothing.wanted == Action::reject);
  CHECK(nothing.reply.code == 550);

  const Decision dmarc = decide(bad_message(), stranger, observing_but({"dmarc"}));
  CHECK(dmarc.action == Action::reject);
  CHECK(dmarc.reason == "dmarc=fail for author.example, policy reject");
}

TEST_CASE("decide: a milder check that is enforced acts beside a stricter one that is not",
          "[disposition]") {
  const Decision decision = decide(bad_message(), stranger, observing_but({"antivirus"}));
  CHECK(decision.action == Action::tag);
  CHECK(decision.wanted == Action::reject);
  CHECK(decision.reply.code == 0);
  CHECK(decision.reason == "dmarc=fail for author.example, policy reject; enforced: virus=macro");
}

TEST_CASE("decide: the reply is that of what is done", "[disposition]") {
  Settings settings = observing_but({"antivirus"});
  settings.on_macro.action = Action::defer;
  const Decision decision = decide(bad_message(), stranger, settings);
  CHECK(decision.action == Action::defer);
  CHECK(decision.wanted == Action::reject);
  CHECK(decision.reply.code == 451);
  CHECK(decision.reply.text.find("macros") != std::string::npos);
}

TEST_CASE("decide_on_unsigned: by itself", "[disposition]") {
  Decision decision;
  decide_on_unsigned("why", observing_but({"dmarc"}), decision);
  CHECK(decision.action == Action::accept);
  CHECK(decision.wanted == Action::defer);

  // Something stricter is only observed: the mail waits all the same.
  Decision observed;
  observed.wanted = Action::reject;
  observed.reason = "virus";
  decide_on_unsigned("why", observing_but({"signing"}), observed);
  CHECK(observed.action == Action::defer);
  CHECK(observed.wanted == Action::reject);
  CHECK(observed.reply.code == 451);
  CHECK(observed.reason == "virus; enforced: not signed: why");
}

TEST_CASE("subjects: every check that decides has a row", "[disposition]") {
  std::string names;
  for (const Subject& subject : subjects()) names += std::string(subject.name) + " ";
  CHECK(names == "spf dkim dmarc attachments antivirus antispam unjudged submission signing ");
}

}  // namespace
}  // namespace postern::disposition
