#include "lib/setup/dovecot_plan.hpp"

#include "tests/support/catch.hpp"

namespace postern::setup {
namespace {

using Catch::Matchers::Contains;
using Words = std::vector<std::string>;

constexpr std::string_view old_conf = R"(# 2.3.19.1
mail_location = mbox:~/mail:INBOX=/var/mail/%u
namespace inbox {
  inbox = yes
  mailbox Junk {
    special_use = \Junk
  }
}
plugin {
  sieve_extensions = +vnd.x
  sieve_plugins = sieve_imapsieve sieve_extprograms
  sieve_before = /etc/dovecot/own.sieve
}
protocol lmtp {
  mail_plugins = " sieve"
}
protocol imap {
  mail_plugins = " quota imap_sieve"
}
)";

constexpr std::string_view new_conf = R"(# 2.4.1
dovecot_config_version = 2.4.1
namespace inbox {
  inbox = yes
}
protocol lmtp {
  mail_plugins {
    sieve = yes
  }
}
)";

DovecotFound found(std::string version, std::string_view conf) {
  return {std::move(version), "/etc/dovecot", true, true, true, parse_doveconf(conf)};
}

std::string content(const DovecotPlan& plan, std::string_view path) {
  for (const NewFile& file : plan.files) {
    if (file.path == path) return file.content;
  }
  return "";
}

TEST_CASE("parse_doveconf: sections become paths", "[setup]") {
  const DovecotSettings settings = parse_doveconf(old_conf);
  CHECK(settings.at("namespace inbox/mailbox Junk/special_use") == "\\Junk");
  CHECK(settings.at("plugin/sieve_before") == "/etc/dovecot/own.sieve");
  CHECK(parse_doveconf("}\n}\na = b\n").at("a") == "b");
}

TEST_CASE("plugins_of: either version", "[setup]") {
  CHECK(plugins_of(parse_doveconf(old_conf), "imap") == Words{"imap_sieve", "quota"});
  CHECK(plugins_of(parse_doveconf(new_conf), "lmtp") == Words{"sieve"});
  CHECK(plugins_of(parse_doveconf(new_conf), "").empty());
  CHECK(protocols_with_plugins(parse_doveconf(old_conf)) == Words{"imap", "lmtp"});
}

TEST_CASE("plan_dovecot: 2.3 with settings of its own keeps them", "[setup]") {
  const DovecotPlan plan = plan_dovecot(found("2.3.19.1", old_conf));
  CHECK(plan.refusals.empty());
  const std::string train = content(plan, "/etc/dovecot/conf.d/zz-postern-train.conf");
  CHECK_THAT(train, Contains("postern_train_socket") && !Contains("special_use"));
  const std::string sieve = content(plan, "/etc/dovecot/conf.d/zz-postern-sieve.conf");
  CHECK_THAT(sieve, Contains("sieve_plugins = sieve_imapsieve sieve_extprograms sieve_postern\n"));
  CHECK_THAT(sieve, Contains("sieve_extensions = +vnd.x +spamtest +spamtestplus +virustest\n"));
  CHECK_THAT(sieve, Contains("sieve_before2 = /etc/dovecot/sieve/postern-junk.sieve\n"));
  CHECK_THAT(sieve, !Contains("protocol lmtp"));
  CHECK(plan.sieve_script == "/etc/dovecot/sieve/postern-junk.sieve");
  CHECK_THAT(content(plan, plan.sieve_script), Contains("vnd.postern.verdict"));
}

TEST_CASE("plan_dovecot: 2.4, and the role of Junk where nobody has it", "[setup]") {
  const DovecotPlan plan = plan_dovecot(found("2.4.1-4", new_conf));
  CHECK_THAT(content(plan, "/etc/dovecot/conf.d/zz-postern-train.conf"), Contains("\\Junk"));
  CHECK_THAT(content(plan, "/etc/dovecot/conf.d/zz-postern-sieve.conf"),
             Contains("sieve_postern = yes") && !Contains("protocol lmtp"));
}

TEST_CASE("plan_dovecot: Sieve is not brought to a site that does not use it", "[setup]") {
  const DovecotPlan plan = plan_dovecot(found("2.3.19.1", "namespace inbox {\ninbox = yes\n}\n"));
  CHECK(plan.files.size() == 1);
  CHECK(plan.sieve_script.empty());
  CHECK_THAT(plan.notes.at(0), Contains("Sieve"));
}

TEST_CASE("plan_dovecot: another directory", "[setup]") {
  DovecotFound there = found("2.3.19.1", old_conf);
  there.directory = "/srv/d";
  const DovecotPlan plan = plan_dovecot(there);
  CHECK_THAT(
      content(plan, "/srv/d/conf.d/zz-postern-sieve.conf"),
      Contains("/srv/d/sieve/postern-junk.sieve") && !Contains("= /etc/dovecot/sieve/postern"));
}

TEST_CASE("plan_dovecot: what is not understood is refused by name", "[setup]") {
  CHECK_THAT(plan_dovecot(found("2.2.36", old_conf)).refusals.at(0), Contains("2.2.36"));
  DovecotFound without = found("2.3.19.1", old_conf);
  without.has_plugins = false;
  CHECK_THAT(plan_dovecot(without).refusals.at(0), Contains("apt install dovecot-postern"));
  DovecotFound alone = found("2.3.19.1", old_conf);
  alone.includes_conf_d = false;
  CHECK_THAT(plan_dovecot(alone).refusals.at(0), Contains("conf.d/*.conf"));
}

TEST_CASE("lost_plugins: what a protocol had and has no more", "[setup]") {
  const DovecotSettings before = parse_doveconf(old_conf);
  CHECK(lost_plugins(before, before).empty());
  DovecotSettings after = before;
  after["protocol imap/mail_plugins"] = " postern_train";
  CHECK(lost_plugins(before, after) == "imap_sieve of protocol imap, quota of protocol imap");
}

}  // namespace
}  // namespace postern::setup
