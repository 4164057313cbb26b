#include "lib/policy/conditions.hpp"

#include <algorithm>

#include "lib/base/ascii.hpp"

namespace postern::policy {
namespace {

// The conditions from this one on may need answers of DNS or the store.
constexpr auto first_that_asks = static_cast<std::size_t>(Condition::ptr);

struct Result {
  Truth truth = Truth::unknown;
  std::string problem = {};  // of unknown, when something fails
};

Result from(bool holds) {
  return {holds ? Truth::yes : Truth::no};
}

template <typename T>
bool contains(const std::vector<T>& list, const T& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// A fact and what it has to fulfil.
template <typename T, typename Holds>
Result from(const Fact<T>& fact, Holds holds) {
  if (fact.is_pending()) return {Truth::pending};
  if (!fact.is_known()) return {Truth::unknown, fact.problem};
  return from(holds(fact.value));
}

bool holds_client(const MatchTable& table, const Request& request) {
  return (request.client_address && table.holds_client(*request.client_address)) ||
         table.holds_domain(request.client_name);
}

// One evaluation of one rule's conditions.
class Matcher {
 public:
  Matcher(const Rule& rule, const Request& request, const Policy& policy, Facts& facts)
      : rule_(rule), request_(request), policy_(policy), facts_(facts) {}

  Result evaluate(Condition condition) {
    switch (condition) {
      case Condition::state: return from(contains(rule_.states, request_.state));
      case Condition::context: return from(contains(rule_.contexts, request_.policy_context));
      case Condition::authenticated:
        if (!request_.has_login()) return {};
        return from(request_.sasl_username.empty() == (rule_.authenticated == YesNo::no));
      case Condition::login: return login();
      case Condition::client: return client(&rule_.client.table);
      case Condition::client_table: return client(table(rule_.client_table));
      case Condition::sender: return sender(&rule_.sender.table);
      case Condition::sender_table: return sender(table(rule_.sender_table));
      case Condition::recipient: return recipient(&rule_.recipient.table);
      case Condition::recipient_table: return recipient(table(rule_.recipient_table));
      default: return evaluate_fact(condition);
    }
  }

 private:
  Result evaluate_fact(Condition condition) {
    switch (condition) {
      case Condition::ptr:
        return from(facts_.client_name(), [&](auto name) { return contains(rule_.ptr, name); });
      case Condition::helo:
        if (!request_.has_helo()) return {};
        return from(facts_.helo(), [&](auto helo) { return contains(rule_.helo, helo); });
      case Condition::country:
        return from(facts_.country(),
                    [&](const std::string& code) { return contains(rule_.countries, code); });
      case Condition::spf:
        if (!request_.has_sender()) return {};
        return spf(spf::Scope::mfrom, rule_.spf);
      case Condition::spf_helo:
        if (!request_.has_helo()) return {};
        return spf(spf::Scope::helo, rule_.spf_helo);
      case Condition::dnslist_at_least:
        return from_lists([&](double score) { return score >= *rule_.dnslist_at_least.value; },
                          true);
      case Condition::dnslist_at_most:
        return from_lists([&](double score) { return score <= *rule_.dnslist_at_most.value; },
                          false);
      case Condition::reputation_below:
        return from(facts_.reputation(), [&](const reputation::Standing& standing) {
          return standing.value < *rule_.reputation_below.value;
        });
      case Condition::reputation_above:
        return from(facts_.reputation(), [&](const reputation::Standing& standing) {
          return standing.value > *rule_.reputation_above.value;
        });
      default: return {};
    }
  }

  // With a list that fails, a score that is reached stands, and one that is not is unknown.
  template <typename Holds>
  Result from_lists(Holds holds, bool stands) {
    const Fact<dnslist::Score>& fact = facts_.dnslist();
    Result result = from(fact, [&](const dnslist::Score& score) { return holds(score.score); });
    if (!fact.is_known() || fact.value.failures.empty()) return result;
    if (stands && result.truth == Truth::yes) return result;
    return {Truth::unknown, "a list fails"};
  }

  Result login() {
    if (!request_.has_login()) return {};
    return from(std::any_of(rule_.logins.begin(), rule_.logins.end(), [&](const auto& login) {
      return ascii::equals_ignoring_case(login, request_.sasl_username);
    }));
  }

  // nullptr: the file could not be read.
  const MatchTable* table(const std::string& file) {
    const auto found = policy_.tables.find(file);
    return found == policy_.tables.end() ? nullptr : found->second.get();
  }

  static Result no_table() { return {Truth::unknown, "the table cannot be read"}; }

  Result client(const MatchTable* table) {
    if (table == nullptr) return no_table();
    if (!request_.client_address && request_.client_name.empty()) return {};
    return from(holds_client(*table, request_));
  }

  Result sender(const MatchTable* table) {
    if (table == nullptr) return no_table();
    if (!request_.has_sender()) return {};
    return from(table->holds_address(request_.rfc5321_mail_from));
  }

  Result recipient(const MatchTable* table) {
    if (table == nullptr) return no_table();
    if (!request_.has_recipient()) return {};
    return from(table->holds_address(request_.recipient));
  }

  Result spf(spf::Scope scope, const std::vector<authres::Result>& results) {
    return from(facts_.spf(scope),
                [&](const spf::Outcome& outcome) { return contains(results, outcome.result); });
  }

  const Rule& rule_;
  const Request& request_;
  const Policy& policy_;
  Facts& facts_;
};

}  // namespace

Match match(const Rule& rule, const Request& request, const Policy& policy, Facts& facts) {
  Matcher matcher(rule, request, policy, facts);
  const Conditions conditions = rule.conditions();
  Match all;
  for (std::size_t at = 0; at < condition_count; ++at) {
    if (!conditions.test(at)) continue;
    // What needs no answer has not matched: nothing has to be asked.
    if (at >= first_that_asks && (all.truth == Truth::no || all.truth == Truth::unknown)) break;
    const auto condition = static_cast<Condition>(at);
    Result result = matcher.evaluate(condition);
    if (rule.negated.test(at)) {
      if (result.truth == Truth::yes) {
        result.truth = Truth::no;
      } else if (result.truth == Truth::no) {
        result.truth = Truth::yes;
      }
    }
    const std::string word(to_word(condition));
    const std::string not_word = rule.negated.test(at) ? "negated " : "";
    switch (result.truth) {
      case Truth::yes: break;
      case Truth::pending:
        if (all.truth == Truth::yes) all.truth = Truth::pending;
        break;
      case Truth::unknown:
        if (all.truth == Truth::no) break;
        all = {Truth::unknown,
               word + (result.problem.empty() ? " is not known at this state"
                                              : " is unknown: " + result.problem),
               !result.problem.empty()};
        break;
      case Truth::no: all = {Truth::no, not_word + word + " does not hold", false}; break;
    }
  }
  return all;
}

}  // namespace postern::policy
