#include "lib/setup/postfix_plan.hpp"

#include "tests/support/catch.hpp"

namespace postern::setup {
namespace {

using Catch::Matchers::Contains;

PostfixFound stock() {
  PostfixFound found;
  found.version = "3.7.11";
  found.queue_directory = "/var/spool/postfix";
  found.explicit_values = {{"myhostname", "mail.example.org"}};
  found.services = {{"smtp", "inet", true, "smtpd", {}}};
  return found;
}

PostfixWish wish() {
  return {"unix:/var/spool/postfix/postern/milter.sock",
          "unix:/var/spool/postfix/postern-policy/policy.sock", "", false};
}

std::string value_of(const PostfixPlan& plan, std::string_view name,
                     std::string_view service = "") {
  for (const ParameterChange& change : plan.changes) {
    if (change.name == name && change.service == service) return change.after;
  }
  return "(unchanged)";
}

// Postfix after the plan.
PostfixFound changed(PostfixFound found, const PostfixPlan& plan) {
  for (const ParameterChange& change : plan.changes) {
    if (change.service.empty()) found.explicit_values[change.name] = change.after;
    for (doctor::MasterEntry& service : found.services) {
      if (service.name + "/" + service.type != change.service) continue;
      service.overrides[change.name] = change.after;
    }
  }
  return found;
}

TEST_CASE("plan_postfix: a stock Postfix", "[setup]") {
  const PostfixPlan plan = plan_postfix(stock(), wish());
  CHECK(plan.refusals.empty());
  CHECK(plan.notes.empty());
  CHECK(value_of(plan, "postern_milter") ==
        "{ unix:postern/milter.sock, default_action=accept, connect_timeout=5s, "
        "command_timeout=10s, content_timeout=120s }");
  CHECK(value_of(plan, "smtpd_milters") == "$postern_milter");
  CHECK(value_of(plan, "non_smtpd_milters") == "$postern_milter");
  CHECK(value_of(plan, "postern_policy") ==
        "check_policy_service { unix:postern-policy/policy.sock, timeout=5s, default_action=DUNNO "
        "}");
  CHECK(value_of(plan, "smtpd_recipient_restrictions") ==
        "reject_unlisted_recipient, $postern_policy");
  CHECK(value_of(plan, "smtpd_end_of_data_restrictions") == "$postern_policy");
  CHECK(plan.changes.size() == 6);
}

TEST_CASE("plan_postfix: twice changes nothing, and enforcing changes one value", "[setup]") {
  PostfixFound found = stock();
  found.services.push_back(
      {"submission",
       "inet",
       true,
       "smtpd",
       {{"smtpd_recipient_restrictions", "permit_sasl_authenticated,reject"}}});
  PostfixWish all = wish();
  all.tls_socket = "unix:/var/spool/postfix/postern-policy/tls-policy.sock";
  const PostfixPlan first = plan_postfix(found, all);
  CHECK(value_of(first, "smtp_tls_policy_maps") ==
        "socketmap:unix:postern-policy/tls-policy.sock:mta-sts");
  found = changed(found, first);
  CHECK(plan_postfix(found, all).changes.empty());
  all.waits_for_milter = true;
  const PostfixPlan enforcing = plan_postfix(found, all);
  REQUIRE(enforcing.changes.size() == 1);
  CHECK_THAT(value_of(enforcing, "postern_milter"), Contains("default_action=tempfail"));
}

TEST_CASE("plan_postfix: other milters stay, behind ours", "[setup]") {
  PostfixFound found = stock();
  found.explicit_values["smtpd_milters"] = "inet:localhost:8891, inet:localhost:8893";
  found.explicit_values["non_smtpd_milters"] = "$smtpd_milters";
  found.explicit_values["milter_protocol"] = "2";
  const PostfixPlan plan = plan_postfix(found, wish());
  CHECK(value_of(plan, "smtpd_milters") ==
        "$postern_milter, inet:localhost:8891, inet:localhost:8893");
  CHECK(value_of(plan, "non_smtpd_milters") == "(unchanged)");
  CHECK_THAT(value_of(plan, "postern_milter"), Contains("protocol=6"));
}

TEST_CASE("plan_postfix: local mail does not begin to go through the milters of others",
          "[setup]") {
  PostfixFound found = stock();
  found.explicit_values["smtpd_milters"] = "inet:localhost:8891";
  CHECK(value_of(plan_postfix(found, wish()), "non_smtpd_milters") == "$postern_milter");
}

TEST_CASE("plan_postfix: what was set up by hand is taken over", "[setup]") {
  PostfixFound found = stock();
  found.explicit_values["smtpd_milters"] =
      "inet:h:1, { unix:postern/milter.sock, default_action=accept }";
  CHECK(value_of(plan_postfix(found, wish()), "smtpd_milters") == "$postern_milter, inet:h:1");
  found.explicit_values["smtpd_recipient_restrictions"] =
      "check_policy_service unix:postern-policy/policy.sock";
  CHECK_THAT(plan_postfix(found, wish()).refusals.at(0), Contains("smtpd_recipient_restrictions"));
}

TEST_CASE("plan_postfix: services of users are marked, others only spoken of", "[setup]") {
  PostfixFound found = stock();
  found.services.push_back(
      {"submission",
       "inet",
       true,
       "smtpd",
       {{"smtpd_recipient_restrictions", "permit_sasl_authenticated,reject"}}});
  found.services.push_back({"465", "inet", true, "smtpd", {{"milter_macro_daemon_name", "X"}}});
  found.services.push_back(
      {"127.0.0.1:10025",
       "inet",
       true,
       "smtpd",
       {{"smtpd_milters", ""}, {"smtpd_recipient_restrictions", "permit_mynetworks,reject"}}});
  const PostfixPlan plan = plan_postfix(found, wish());
  CHECK(value_of(plan, "milter_macro_daemon_name", "submission/inet") == "ORIGINATING");
  CHECK(value_of(plan, "smtpd_recipient_restrictions", "submission/inet") ==
        "$postern_policy,permit_sasl_authenticated,reject");
  CHECK(value_of(plan, "milter_macro_daemon_name", "465/inet") == "(unchanged)");
  CHECK(value_of(plan, "smtpd_recipient_restrictions", "127.0.0.1:10025/inet") == "(unchanged)");
  CHECK(plan.notes.size() == 3);
}

TEST_CASE("plan_postfix: what is not understood is refused by name", "[setup]") {
  PostfixFound old = stock();
  old.version = "2.11.3";
  CHECK_THAT(plan_postfix(old, wish()).refusals.at(0), Contains("mail_version"));
  PostfixFound many = stock();
  many.is_multi_instance = true;
  CHECK_THAT(plan_postfix(many, wish()).refusals.at(0), Contains("multi_instance_enable"));
  PostfixFound broken = stock();
  broken.explicit_values["smtpd_milters"] = "{ inet:h:1";
  CHECK_THAT(plan_postfix(broken, wish()).refusals.at(0), Contains("smtpd_milters"));
  PostfixFound elsewhere = stock();
  elsewhere.queue_directory = "/srv/queue";
  const PostfixPlan plan = plan_postfix(elsewhere, wish());
  CHECK_THAT(plan.refusals.at(0), Contains("queue_directory"));
  CHECK(plan.changes.empty());
}

TEST_CASE("apply and undo: main.cf line by line", "[setup]") {
  const ParameterChange list{"", "a", "b, c", "$ours, b, c", "$ours", false};
  const std::string applied = apply(list, "a =\n b,\n c\n");
  CHECK(applied == "a = $ours,\n b,\n c\n");
  CHECK(undo(list, "$ours, b, c", applied) == "a =\n b,\n c\n");
  // Others have added to it since.
  CHECK(undo(list, "$ours, x, b, c", "a = $ours, x, b, c\n") == "a = x, b, c\n");

  const ParameterChange added{"", "p", std::nullopt, "v", "", false};
  CHECK(apply(added, "x = y\n") == "x = y\np = v\n");
  CHECK(undo(added, "v", "x = y\np = v\n") == "x = y\n");
  CHECK(undo(added, "other", "p = other\n") == "p = other\n");
  CHECK(undo(added, std::nullopt, "x = y\n") == "x = y\n");

  const ParameterChange map{"", "m", "hash:x", "hash:x, socketmap:y", "socketmap:y", true};
  CHECK(apply(map, "m = hash:x\n") == "m = hash:x, socketmap:y\n");

  const ParameterChange by_hand{"", "a", "b, { s }", "$ours, b", "$ours", false};
  CHECK(apply(by_hand, "a = b, { s }\n") == "a = $ours, b\n");
  CHECK(undo(by_hand, "$ours, b", "a = $ours, b\n") == "a = b, { s }\n");
}

TEST_CASE("undone_value: an element that was there before stays", "[setup]") {
  const ParameterChange change{"",
                               "r",
                               "reject_unlisted_recipient, permit",
                               "$ours, reject_unlisted_recipient, permit",
                               "reject_unlisted_recipient, $ours",
                               false};
  CHECK(undone_value(change, "$ours, reject_unlisted_recipient, x") ==
        "reject_unlisted_recipient, x");
  const ParameterChange created{"", "r", std::nullopt, "$ours", "$ours", false};
  CHECK_FALSE(undone_value(created, "$ours").has_value());
  CHECK(undone_value(created, "$ours, more") == "more");
}

}  // namespace
}  // namespace postern::setup
