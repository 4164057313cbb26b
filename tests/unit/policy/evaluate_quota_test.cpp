// The rule "quota": from a recipient through Postfix's tables to mailboxes that Dovecot has
// counted.
#include "lib/quota/published.hpp"
#include "tests/unit/policy/scene.hpp"

namespace postern::policy {
namespace {

using namespace std::chrono_literals;

struct Quota : Scene {
  Quota() : Scene("[policy]\nrules = [\"quota\"]") {
    names.virtual_alias_maps = {"hash:virtual"};
    names.recipient_delimiter = "+";
    policy.quota_is_published = true;
    request.recipient = "bob@example.net";
    run(quota::alive_operations("mx", now - 1h));
  }
  void run(const std::vector<store::Operation>& writes) {
    REQUIRE(store.run(writes, now).has_value());
  }
  void publish(const std::string& user, std::int64_t used, std::int64_t limit = 1000) {
    quota::Usage usage;
    usage.user = user;
    usage.time = now - 1min;
    usage.storage = {used, limit};
    usage.host = "mx";
    const auto key = std::get<store::Get>(quota::usage_lookup(user)).key;
    run({store::Put{key, quota::format(usage), 24h}});
  }
  void alias(const std::string& from, const std::string& to) {
    tables[{"hash:virtual", from}] = to;
  }
};

std::string quota_fact(const Decision& decision) {
  for (const auto& [name, value] : decision.facts) {
    if (name == "quota") return value;
  }
  return "";
}

TEST_CASE("evaluate quota: full is refused, and why is told", "[policy]") {
  Quota scene;
  scene.publish("bob@example.net", 1000);
  const Decision decision = scene.decide();
  CHECK(decision.action == "452 4.2.2 No room in the mailbox");
  CHECK(decision.rule == "quota");
  CHECK(decision.why == "bob@example.net: 1000 B of 1000 B, 0 messages");
  CHECK(quota_fact(decision) == decision.why);
  REQUIRE(decision.notices.size() == 1);
  CHECK(decision.notices.front().topic == Notice::Topic::quota);
  CHECK(scene.decide().notices.empty());
}

TEST_CASE("evaluate quota: the size that MAIL FROM declares counts", "[policy]") {
  Quota scene;
  scene.publish("bob@example.net", 500);
  scene.request.size = 500;
  CHECK(scene.action() == "DUNNO");
  scene.request.size = 501;
  CHECK(scene.action().starts_with("452"));
  scene.request.size = 1000;
  CHECK(scene.action().starts_with("452"));
  scene.request.size = 1001;
  CHECK(scene.action() == "552 5.2.3 Larger than the mailbox may ever be");
  scene.request.size = ~std::uint64_t{0};
  CHECK(scene.action().starts_with("552"));
}

TEST_CASE("evaluate quota: an alias, a list, and an extension", "[policy]") {
  Quota scene;
  scene.publish("bob@example.net", 1000);
  scene.publish("carol@example.net", 10);
  scene.alias("info@example.net", "bob@example.net");
  scene.alias("all@example.net", "bob@example.net, carol@example.net");
  scene.request.recipient = "info@example.net";
  CHECK(scene.action().starts_with("452"));
  scene.request.recipient = "bob+shop@example.net";
  CHECK(scene.action().starts_with("452"));
  scene.request.recipient = "all@example.net";
  CHECK(scene.action() == "DUNNO");
  scene.publish("carol@example.net", 1000);
  CHECK(scene.action().starts_with("452"));
}

TEST_CASE("evaluate quota: what is not known is accepted", "[policy]") {
  Quota scene;
  SECTION("unknown user") {
    const Decision decision = scene.decide();
    CHECK(decision.action == "DUNNO");
    CHECK(quota_fact(decision) == "bob@example.net: nothing is known of it");
    CHECK(decision.why.find("quota") == std::string::npos);
  }
  SECTION("nobody publishes: Postfix is not even asked") {
    scene.publish("bob@example.net", 1000);
    scene.policy.quota_is_published = false;
    CHECK(scene.action() == "DUNNO");
    CHECK(scene.lookups == 0);
    CHECK(scene.trace_of("quota") == "went on: no mailbox is published");
  }
  SECTION("Postfix's tables do not answer") {
    scene.publish("bob@example.net", 1000);
    scene.tables_failed = true;
    const Decision decision = scene.decide();
    CHECK(decision.action == "DUNNO");
    CHECK(decision.failures == std::vector<std::string>{"quota: Postfix's tables do not answer"});
  }
  SECTION("the store fails") {
    scene.store_failed = true;
    CHECK(scene.action() == "DUNNO");
  }
  SECTION("a destination that is no mailbox") {
    scene.publish("bob@example.net", 1000);
    scene.names.local_domains = {"example.net"};
    scene.names.alias_maps = {"hash:aliases"};
    scene.tables[{"hash:aliases", "bob"}] = "|/usr/bin/vacation bob";
    CHECK(scene.action() == "DUNNO");
    CHECK_FALSE(quota_fact(scene.decide()).empty());
  }
}

TEST_CASE("evaluate quota: a local user by local part", "[policy]") {
  Quota scene;
  scene.publish("bob", 1000);
  CHECK(scene.action() == "DUNNO");
  SECTION("in mydestination") {
    scene.names.local_domains = {"example.net"};
    CHECK(scene.action().starts_with("452"));
  }
  SECTION("where Dovecot knows local parts only") {
    scene.policy.settings.quota.local_part_domains.domains = {"example.net"};
    CHECK(scene.action().starts_with("452"));
  }
  SECTION("but not of an address elsewhere") {
    scene.policy.settings.quota.local_part_domains.domains = {"example.net"};
    scene.alias("bob@example.net", "bob@elsewhere.example");
    CHECK(scene.action() == "DUNNO");
  }
}

TEST_CASE("evaluate quota: only at RCPT, and observe mode only says so", "[policy]") {
  Quota scene;
  scene.publish("bob@example.net", 1000);
  scene.enforce({});
  const Decision decision = scene.decide();
  CHECK(decision.action == "DUNNO");
  CHECK(decision.wanted.starts_with("452"));
  CHECK(decision.notices.empty());
  scene.enforce({"quota"});
  scene.request.state = State::data;
  CHECK(scene.action() == "DUNNO");
}

}  // namespace
}  // namespace postern::policy
