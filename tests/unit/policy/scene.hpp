// A policy, a zone, and a store in memory: requests are asked until they are decided.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include "lib/dns/zone.hpp"
#include "lib/policy/evaluate.hpp"
#include "lib/store/memory_store.hpp"
#include "tests/support/catch.hpp"

namespace postern::policy {

class Scene {
 public:
  explicit Scene(const std::string& toml = "", const std::string& zone_json = "{}") {
    load(toml);
    set_zone(zone_json);
    request.state = State::rcpt;
    request.client_address = *parse_ip_address("192.0.2.25");
    request.client_name = "mx.example.org";
    request.helo_name = "mx.example.org";
    request.rfc5321_mail_from = "alice@example.org";
    request.recipient = "bob@example.net";
    request.instance = "i1";
  }

  void load(const std::string& toml) {
    const auto document = config::parse_document(toml, "test.toml");
    REQUIRE(document.has_value());
    auto settings = load_settings(
        *document,
        {"mx.home.example", {*parse_ip_network("10.0.0.0/8")}, {disposition::Mode::enforce, {}}});
    if (!settings) FAIL(settings.error().text());
    policy.settings = std::move(*settings);
    auto lists = dnslist::load_settings(*document);
    if (!lists) FAIL(lists.error().text());
    policy.dnslist = std::move(*lists);
    policy.active_lists = policy.dnslist.lists;
  }
  /// Observe mode, but for these rules.
  void enforce(const std::vector<std::string>& rules) {
    auto& enforcement = policy.settings.site.enforcement;
    enforcement = {disposition::Mode::observe, rules};
    for (Rule& rule : policy.settings.rules) rule.is_enforced = enforcement.covers(rule.name);
  }
  void set_zone(const std::string& json) {
    auto read = dns::parse_zone(json);
    REQUIRE(read.has_value());
    zone = std::move(*read);
  }
  void add_table(const std::string& name, std::string_view text) {
    auto table = parse_table(text);
    REQUIRE(table.has_value());
    policy.tables[name] = std::make_shared<const MatchTable>(std::move(*table));
  }

  /// As the daemon does it: asks what is missing, DNS and store, until there is a decision.
  Decision decide() {
    dns::Answers answers;
    store::Known known;
    FoundFacts found;
    recipients::TableAnswers table_answers;
    bool has_names = false;
    for (rounds = 0; rounds < 30; ++rounds) {
      const PostfixTables postfix{has_names ? &names : nullptr, &table_answers, tables_failed};
      const Evidence evidence{answers, known, store_failed, postfix};
      evaluation = evaluate(request, policy, evidence, now, found);
      require_same(evaluation, evaluate(request, policy, evidence, now));
      if (evaluation.decision) {
        REQUIRE(store.run(evaluation.decision->writes, now).has_value());
        return *evaluation.decision;
      }
      REQUIRE((!evaluation.questions.empty() || !evaluation.operations.empty() ||
               evaluation.wants_names || !evaluation.lookups.empty()));
      answer_tables(table_answers, has_names);
      for (const dns::Question& question : evaluation.questions) {
        dns::Answer silence;
        silence.status = dns::Status::timeout;
        answers.add(question, dns_failed ? silence : zone.lookup(question));
      }
      const auto results = store.run(evaluation.operations, now);
      REQUIRE(results.has_value());
      for (std::size_t i = 0; i < results->size(); ++i) {
        known.add(evaluation.operations[i], (*results)[i]);
      }
      questions += evaluation.questions.size();
      operations += evaluation.operations.size();
    }
    FAIL("asks for ever");
    return {};
  }
  std::string action() { return decide().action; }

  /// Names of Postfix first, then its tables: one entry for "type:name" and key.
  void answer_tables(recipients::TableAnswers& answers, bool& has_names) {
    has_names = has_names || evaluation.wants_names;
    for (const recipients::Lookup& lookup : evaluation.lookups) {
      using Answer = recipients::Answer;
      const auto found = tables.find(lookup);
      answers.add(lookup,
                  found == tables.end() ? Answer{} : Answer{Answer::Kind::found, found->second});
      ++lookups;
    }
  }

  /// What earlier rounds have found changes no result.
  static void require_same(const Evaluation& one, const Evaluation& other) {
    REQUIRE(one.questions == other.questions);
    REQUIRE(one.operations == other.operations);
    REQUIRE(one.wants_names == other.wants_names);
    REQUIRE(one.lookups == other.lookups);
    REQUIRE(one.decision.has_value() == other.decision.has_value());
    if (!one.decision) return;
    REQUIRE(one.decision->action == other.decision->action);
    REQUIRE(one.decision->why == other.decision->why);
    REQUIRE(one.decision->facts == other.decision->facts);
    REQUIRE(one.decision->failures == other.decision->failures);
    REQUIRE(one.decision->writes == other.decision->writes);
  }

  /// Why a rule did not decide, from the last evaluation.
  std::string trace_of(std::string_view rule) const {
    for (const RuleTrace& trace : evaluation.trace) {
      if (trace.rule == rule) return std::string(to_word(trace.result)) + ": " + trace.why;
    }
    return "no such rule";
  }

  Request request;
  Policy policy;
  dns::Zone zone;
  store::MemoryStore store;
  store::Time now{std::chrono::seconds(1'700'006'400)};
  bool store_failed = false;
  recipients::Names names;
  std::map<recipients::Lookup, std::string> tables;
  bool tables_failed = false;
  std::size_t lookups = 0;
  bool dns_failed = false;
  Evaluation evaluation;  ///< The last one.
  int rounds = 0;         ///< Of the last decide().
  std::size_t questions = 0;
  std::size_t operations = 0;
};

}  // namespace postern::policy
