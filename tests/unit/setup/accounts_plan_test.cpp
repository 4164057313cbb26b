#include "lib/setup/accounts_plan.hpp"

#include "lib/setup/templates.hpp"
#include "tests/support/catch.hpp"

namespace postern::setup {
namespace {

using Catch::Matchers::Contains;

PostfixFound fresh() {
  PostfixFound found;
  found.version = "3.7.11";
  found.queue_directory = "/var/spool/postfix";
  found.explicit_values = {{"mydestination", "$myhostname, example.org, localhost"},
                           {"recipient_delimiter", "+"},
                           {"smtpd_tls_cert_file", "/etc/ssl/certs/ssl-cert-snakeoil.pem"}};
  found.services = {{"smtp", "inet", true, "smtpd", {}}};
  return found;
}

const ParameterChange* find(const PostfixPlan& plan, std::string_view name,
                            std::string_view service = "") {
  for (const ParameterChange& change : plan.changes) {
    if (change.name == name && change.service == service) return &change;
  }
  return nullptr;
}

TEST_CASE("plan_accounts: a fresh Postfix", "[setup]") {
  const PostfixPlan plan =
      plan_accounts(fresh(), {"example.org", "/etc/letsencrypt/c.pem", "/etc/letsencrypt/k.pem"});
  CHECK(plan.refusals.empty());
  REQUIRE(find(plan, "virtual_mailbox_maps") != nullptr);
  CHECK_THAT(find(plan, "virtual_mailbox_maps")->after, Contains("/var/lib/postern/accounts/"));
  CHECK(find(plan, "mydestination")->after == "$myhostname, localhost");
  CHECK(find(plan, "smtpd_tls_cert_file")->after == "/etc/letsencrypt/c.pem");
  CHECK(find(plan, "recipient_delimiter") == nullptr);  // is so already
  REQUIRE(find(plan, "", "submission/inet") != nullptr);
  CHECK(find(plan, "", "submission/inet")->after == "submission inet n - y - - smtpd");
  CHECK(find(plan, "smtpd_tls_wrappermode", "submissions/inet")->after == "yes");
}

TEST_CASE("plan_accounts: services of the operator stay as they are", "[setup]") {
  PostfixFound found = fresh();
  found.services.push_back({"submission", "inet", true, "smtpd", {}});
  const PostfixPlan plan = plan_accounts(found, {"example.org", "", ""});
  CHECK(find(plan, "", "submission/inet") == nullptr);
  CHECK(find(plan, "smtpd_sasl_auth_enable", "submission/inet") == nullptr);
  CHECK(find(plan, "smtpd_tls_cert_file") == nullptr);
}

TEST_CASE("plan_accounts: a Postfix with accounts is refused by name", "[setup]") {
  PostfixFound found = fresh();
  found.explicit_values["virtual_mailbox_maps"] = "hash:/etc/postfix/vmailbox";
  const PostfixPlan plan = plan_accounts(found, {"example.org", "", ""});
  CHECK_THAT(plan.refusals.at(0), Contains("virtual_mailbox_maps"));
  CHECK(plan.changes.empty());
}

TEST_CASE("account_files: of either Dovecot", "[setup]") {
  DovecotFound found;
  found.directory = "/etc/dovecot";
  for (const char* version : {"2.3.19.1", "2.4.1"}) {
    found.version = version;
    const auto files = account_files(found, {"example.org", "/c.pem", "/k.pem"});
    REQUIRE(files.size() == 3);
    CHECK_THAT(files[0].content, Contains("/var/lib/postern/accounts/users"));
    CHECK_THAT(files[1].content, !Contains("2G"));
    CHECK_THAT(files[2].content, Contains("/c.pem"));
  }
}

TEST_CASE("without_system_users: one line becomes a comment", "[setup]") {
  CHECK(without_system_users("a\n!include auth-system.conf.ext\n!include x.ext\n") ==
        "a\n#!include auth-system.conf.ext\n!include x.ext\n");
  CHECK(without_system_users("#!include auth-system.conf.ext") == "#!include auth-system.conf.ext");
}

TEST_CASE("with_system_users: takes it back", "[setup]") {
  const std::string text = "a\n!include auth-system.conf.ext\n";
  CHECK(with_system_users(without_system_users(text)) == text);
}

TEST_CASE("plan_accounts: a domain that is the name of the host", "[setup]") {
  PostfixFound found = fresh();
  found.explicit_values["myhostname"] = "example.org";
  found.explicit_values.erase("mydestination");
  CHECK(find(plan_accounts(found, {"example.org", "", ""}), "mydestination")->after ==
        "localhost.$mydomain, localhost");
}

TEST_CASE("template_text: every file is built in", "[setup]") {
  for (const char* version : {"2.3", "2.4"}) {
    for (const char* name : {"90-postern-train.conf", "91-postern-sieve.conf"}) {
      CHECK_FALSE(template_text("dovecot/" + std::string(version) + "/" + name).empty());
    }
  }
  CHECK(template_text("dovecot/2.5/x").empty());
}

}  // namespace
}  // namespace postern::setup
