#include "lib/policy/evaluate.hpp"

#include <algorithm>

#include "lib/base/ascii.hpp"
#include "lib/policy/conditions.hpp"
#include "lib/quota/answer.hpp"
#include "lib/quota/usage.hpp"

namespace postern::policy {
namespace {

using Result = RuleTrace::Result;

std::string one_line(std::string_view text) {
  std::string out(text.substr(0, max_why_size));
  for (char& c : out) {
    if (!ascii::is_printable(c)) c = '?';
  }
  return out;
}

std::optional<ratelimit::Stage> stage_of(State state) {
  using ratelimit::Stage;
  switch (state) {
    case State::connect: return Stage::connect;
    case State::ehlo:
    case State::helo: return Stage::helo;
    case State::mail: return Stage::mail;
    case State::rcpt: return Stage::rcpt;
    case State::data: return Stage::data;
    case State::end_of_message: return Stage::end_of_message;
    case State::unknown:
    case State::vrfy:
    case State::etrn: break;
  }
  return std::nullopt;
}

ratelimit::Attributes attributes_of(const Request& request) {
  ratelimit::Attributes attributes;
  attributes.stage = stage_of(request.state);
  attributes.client_address = request.client_address;
  attributes.client_name = request.client_name;
  attributes.helo_name = request.helo_name;
  attributes.login = request.sasl_username;
  attributes.rfc5321_mail_from = request.rfc5321_mail_from;
  attributes.has_sender = request.has_sender();
  attributes.recipient = request.recipient;
  attributes.recipient_count = request.recipient_count;
  attributes.size = request.size;
  attributes.instance = request.instance;
  return attributes;
}

// "4 minutes", "30 seconds": rounded up, for people.
std::string duration_text(std::chrono::milliseconds duration) {
  const std::int64_t seconds = std::max<std::int64_t>((duration.count() + 999) / 1000, 1);
  const auto text = [](std::int64_t number, std::string_view unit) {
    return std::to_string(number) + " " + std::string(unit) + (number == 1 ? "" : "s");
  };
  if (seconds < 120) return text(seconds, "second");
  if (seconds < 120 * 60) return text((seconds + 59) / 60, "minute");
  return text((seconds + 3599) / 3600, "hour");
}

// What actions may say of a request.
std::string value_of(std::string_view name, const Request& request) {
  if (name == "client_address") {
    return request.client_address ? request.client_address->text() : std::string("unknown");
  }
  if (name == "client_name") return shown(request.client_name);
  if (name == "helo_name") return shown(request.helo_name);
  if (name == "sender") return shown(request.rfc5321_mail_from);
  if (name == "recipient") return shown(request.recipient);
  if (name == "sasl_username") return shown(request.sasl_username);
  return "";
}

bool is_local(const Request& request, const Site& site) {
  return request.client_address &&
         std::any_of(site.local_networks.begin(), site.local_networks.end(),
                     [&](const IpNetwork& net) { return net.contains(*request.client_address); });
}

// What a step of a rule has come to.
struct StepResult {
  Truth truth = Truth::no;  // yes: it decides; no: it lets the next rule be looked at
  std::string why;
  bool is_reason = true;  // why the answer is what it is, when no rule decides
};

// One evaluation.
class Evaluator {
 public:
  Evaluator(const Request& request, const Policy& policy, const Evidence& evidence, store::Time now,
            FoundFacts& found)
      : request_(request),
        policy_(policy),
        facts_(request, policy, evidence, now, found),
        now_(now) {}

  Evaluation run() {
    for (const Rule& rule : policy_.settings.rules) {
      trace_.push_back({rule.name, Result::not_reached, ""});
      // What an observed rule has decided hides later ones only from who observes.
      const bool is_hidden = hides_observed_ && !rule.is_enforced;
      if (!is_over_ && !is_hidden) look_at(rule);
    }
    Evaluation evaluation;
    evaluation.trace = std::move(trace_);
    if (is_pending_) {
      evaluation.questions = facts_.take_questions();
      evaluation.operations = facts_.take_operations();
      evaluation.wants_names = facts_.wants_names();
      evaluation.lookups = facts_.take_lookups();
      return evaluation;
    }
    if (decision_.rule.empty()) decision_.why = last_why_.empty() ? "no rule applies" : last_why_;
    decision_.why = one_line(decision_.why);
    decision_.facts = facts_.summary();
    if (!quota_standing_.empty()) decision_.facts.emplace_back("quota", one_line(quota_standing_));
    for (std::string& failure : facts_.list_failures()) {
      decision_.failures.push_back(std::move(failure));
    }
    evaluation.decision = std::move(decision_);
    return evaluation;
  }

 private:
  void look_at(const Rule& rule) {
    Match matched = facts_.match_of(rule, [&] { return match(rule, request_, policy_, facts_); });
    switch (matched.truth) {
      case Truth::no: return trace(Result::no_match, std::move(matched.why));
      case Truth::unknown:
        if (matched.is_failure) decision_.failures.push_back(rule.name + ": " + matched.why);
        return trace(Result::unknown, std::move(matched.why));
      case Truth::pending: is_pending_ = true; return trace(Result::pending, "");
      case Truth::yes: break;
    }
    if (is_pending_) return look_ahead(rule);
    StepResult step = run_step(rule);
    if (step.truth == Truth::pending) {
      is_pending_ = true;
      return trace(Result::pending, "");
    }
    if (step.truth == Truth::unknown) {
      decision_.failures.push_back(rule.name + ": " + step.why);
      return trace(Result::unknown, std::move(step.why));
    }
    if (step.truth == Truth::no) {
      if (step.is_reason && !step.why.empty()) last_why_ = rule.name + ": " + step.why;
      return trace(Result::went_on, std::move(step.why));
    }
    decide(rule, step.why);
    trace(Result::decided, std::move(step.why));
  }

  // The first rule says what is wanted, and the first that is enforced what is answered.
  void decide(const Rule& rule, const std::string& why) {
    if (decision_.rule.empty()) {
      decision_.rule = rule.name;
      decision_.why = why;
      decision_.wanted = step_action_;
    } else {
      decision_.why += "; enforced " + rule.name + ": " + why;
    }
    if (rule.is_enforced) decision_.action = std::move(step_action_);
    end_after(rule);
  }

  // One that only exempts does so for rules that are enforced, too: otherwise enforcing some of the
  // rules would be stricter than enforcing all.
  void end_after(const Rule& rule) {
    const bool exempts = rule.step == Step::answer &&
                         (rule.answer.verb == Verb::dunno || rule.answer.verb == Verb::ok);
    is_over_ = is_over_ || rule.is_enforced || exempts;
    hides_observed_ = true;
  }

  // An earlier rule waits: only what reads may be asked for.
  void look_ahead(const Rule& rule) {
    if (rule.step == Step::answer) end_after(rule);
    if (rule.step == Step::greylist && greylist_applies().empty()) (void)facts_.client();
    trace(Result::pending, "");
  }

  StepResult run_step(const Rule& rule) {
    switch (rule.step) {
      case Step::none: return {};
      case Step::answer: return answer(rule);
      case Step::greylist: return run_greylist(rule);
      case Step::limit:
      case Step::limits: return run_limits(rule);
      case Step::brake: return run_brake(rule);
      case Step::quota: return run_quota(rule);
    }
    return {};
  }

  StepResult answer(const Rule& rule) {
    if (!rule.answer.is_allowed_at(request_.state)) {
      return {Truth::no, "Postfix takes no such action at this state"};
    }
    want(rule.answer, rule, {"rule " + rule.name});
    return {Truth::yes, "all conditions hold"};
  }

  // Why greylisting does not look at the request; empty: it does.
  std::string_view greylist_applies() const {
    if (request_.state != State::rcpt || request_.recipient.empty()) return "no recipient";
    if (!request_.sasl_username.empty()) return "user with a login";
    if (is_local(request_, policy_.settings.site)) return "client in local_networks";
    return "";
  }

  StepResult run_greylist(const Rule& rule) {
    const std::string_view passed_over = greylist_applies();
    if (request_.state == State::rcpt && !request_.sasl_username.empty()) {
      take_writes(greylist::contact_operations(request_.recipient, policy_.settings.greylist));
    }
    if (!passed_over.empty()) return {Truth::no, std::string(passed_over)};
    if (policy_.settings.greylist.when == greylist::When::never) {
      return {Truth::no, "greylist.when is never"};
    }
    const Fact<greylist::Client>& client = facts_.client();
    if (client.is_pending()) {
      look_ahead_in_greylist();
      return {Truth::pending, ""};
    }
    if (!client.is_known()) return {Truth::unknown, client.problem};
    auto outcome = facts_.ask_store([&](store::Wants& wants) {
      return greylist::evaluate(client.value, {request_.rfc5321_mail_from, request_.recipient},
                                policy_.settings.greylist, wants, now_);
    });
    if (outcome.is_pending()) return {Truth::pending, ""};
    if (!outcome.is_known()) return {Truth::unknown, outcome.problem};
    take_writes(std::move(outcome.value.writes));
    outcome.value.writes.clear();
    decision_.greylist = outcome.value;
    if (!outcome.value.is_held) return {Truth::no, outcome.value.why};
    want(policy_.settings.greylist_action, rule,
         {outcome.value.why, "", outcome.value.retry_after});
    return {Truth::yes, outcome.value.why};
  }

  // Who the client is may be known long before its standing is.
  void look_ahead_in_greylist() {
    const Fact<greylist::Client>& client = facts_.identified_client();
    if (!client.is_known()) return;
    (void)facts_.ask_store([&](store::Wants& wants) {
      return greylist::find_acquaintance(client.value,
                                         {request_.rfc5321_mail_from, request_.recipient}, wants);
    });
  }

  StepResult run_limits(const Rule& rule) {
    const auto& limits = policy_.settings.limits;
    const ratelimit::Attributes attributes = attributes_of(request_);
    auto outcome = facts_.ask_store([&](store::Wants& wants) {
      if (rule.step == Step::limits) return ratelimit::evaluate(limits, attributes, wants);
      for (const ratelimit::Limit& limit : limits) {
        if (limit.name == rule.limit) return ratelimit::evaluate(limit, attributes, wants);
      }
      return std::optional(ratelimit::LimitOutcome());
    });
    if (outcome.is_pending()) return {Truth::pending, ""};
    if (!outcome.is_known()) return {Truth::unknown, outcome.problem};
    const ratelimit::LimitOutcome& limited = outcome.value;
    if (!limited.is_exceeded)
      return {Truth::no, limited.applies ? limited.why : "no limit applies"};
    decision_.limit = limited.limit;
    for (std::size_t at = 0; at < limits.size(); ++at) {
      if (limits[at].name != limited.limit) continue;
      want(policy_.settings.limit_actions[at], rule,
           {limited.why, limited.limit, limited.retry_after});
    }
    return {Truth::yes, limited.why};
  }

  StepResult run_brake(const Rule& rule) {
    auto outcome = facts_.ask_store([&](store::Wants& wants) {
      return ratelimit::evaluate_brake(attributes_of(request_), policy_.settings.brake,
                                       rule.is_enforced, wants, now_);
    });
    if (outcome.is_pending()) return {Truth::pending, ""};
    if (!outcome.is_known()) return {Truth::unknown, outcome.problem};
    ratelimit::BrakeOutcome& braked = outcome.value;
    take_writes(std::move(braked.writes));
    if (braked.notice) decision_.notices.push_back(std::move(*braked.notice));
    using Verdict = ratelimit::BrakeOutcome::Verdict;
    if (braked.verdict == Verdict::go_on) return {Truth::no, braked.why};
    const bool is_held = braked.verdict == Verdict::hold;
    want(is_held ? policy_.settings.hold_action : policy_.settings.deny_action, rule, {braked.why});
    return {Truth::yes, braked.why};
  }

  StepResult run_quota(const Rule& rule) {
    if (request_.state != State::rcpt || request_.recipient.empty()) {
      return {Truth::no, "no recipient", false};
    }
    if (!policy_.quota_is_published) return {Truth::no, "no mailbox is published", false};
    const Fact<recipients::Expansion>& expansion = facts_.mailboxes();
    if (expansion.is_pending()) return {Truth::pending, ""};
    if (!expansion.is_known()) return {Truth::unknown, expansion.problem};
    if (expansion.value.is_failure) return {Truth::unknown, expansion.value.problem};
    if (!expansion.value.problem.empty()) {
      quota_standing_ = expansion.value.problem;
      return {Truth::no, expansion.value.problem, false};
    }
    return judge_mailboxes(rule, expansion.value);
  }

  StepResult judge_mailboxes(const Rule& rule, const recipients::Expansion& expansion) {
    const quota::Settings& settings = policy_.settings.quota;
    std::vector<quota::Mailbox> mailboxes;
    for (const recipients::Mailbox& each : expansion.mailboxes) {
      mailboxes.push_back({each.user + "@" + each.domain, recipients::login_names(each)});
      const bool is_by_local_part = settings.local_part_domains.matches(each.domain);
      if (is_by_local_part) mailboxes.back().logins.push_back(each.user);
    }
    auto outcome = facts_.ask_store([&](store::Wants& wants) {
      constexpr std::uint64_t most = quota::max_amount;
      return quota::evaluate(mailboxes, static_cast<std::int64_t>(std::min(request_.size, most)),
                             settings, rule.is_enforced, wants, now_);
    });
    if (outcome.is_pending()) return {Truth::pending, ""};
    if (!outcome.is_known()) return {Truth::unknown, outcome.problem};
    for (Notice& notice : outcome.value.notices) decision_.notices.push_back(std::move(notice));
    take_writes(std::move(outcome.value.writes));
    quota_standing_ = outcome.value.why;
    if (!outcome.value.is_refused) return {Truth::no, outcome.value.why, false};
    want(outcome.value.is_too_large ? policy_.settings.too_large_action
                                    : policy_.settings.quota_action,
         rule, {outcome.value.why});
    return {Truth::yes, outcome.value.why};
  }

  // What actions may say of why they are answered.
  struct Reasons {
    std::string_view why;
    std::string_view limit = {};
    std::optional<std::chrono::milliseconds> retry_after = std::nullopt;
  };

  void want(const Action& action, const Rule& rule, const Reasons& reasons) {
    step_action_ = expand(action, [&](std::string_view name) {
      if (name == "rule") return one_line(rule.name);
      if (name == "why") return std::string(reasons.why);
      if (name == "limit") return one_line(reasons.limit);
      if (name == "retry_after" && reasons.retry_after) return duration_text(*reasons.retry_after);
      return value_of(name, request_);
    });
  }

  void take_writes(std::vector<store::Operation> writes) {
    for (store::Operation& write : writes) decision_.writes.push_back(std::move(write));
  }

  void trace(Result result, std::string why) {
    trace_.back().result = result;
    trace_.back().why = std::move(why);
  }

  const Request& request_;
  const Policy& policy_;
  Facts facts_;
  const store::Time now_;
  Decision decision_;
  std::vector<RuleTrace> trace_;
  std::string step_action_;  // of the rule that is being looked at
  std::string last_why_;
  std::string quota_standing_;  // of the recipient's mailboxes
  bool is_pending_ = false;
  bool is_over_ = false;         // no later rule can matter
  bool hides_observed_ = false;  // no later one that only observes
};

}  // namespace

std::string_view to_word(RuleTrace::Result result) {
  switch (result) {
    case Result::decided: return "decided";
    case Result::went_on: return "went on";
    case Result::no_match: return "no match";
    case Result::unknown: return "unknown";
    case Result::pending: return "pending";
    case Result::not_reached: return "not reached";
  }
  return "";
}

// Everything an evaluation rests on is a parameter.
// NOLINTNEXTLINE(readability-function-size)
Evaluation evaluate(const Request& request, const Policy& policy, const Evidence& evidence,
                    store::Time now, FoundFacts& found) {
  return Evaluator(request, policy, evidence, now, found).run();
}

Evaluation evaluate(const Request& request, const Policy& policy, const Evidence& evidence,
                    store::Time now) {
  FoundFacts nothing;
  return evaluate(request, policy, evidence, now, nothing);
}

Decision fail_decision(const Request& request, const Policy& policy, std::string_view why) {
  Decision decision;
  decision.wanted = expand(policy.settings.fail, [&](std::string_view name) {
    return name == "why" ? one_line(why) : value_of(name, request);
  });
  if (enforces_any(policy.settings)) decision.action = decision.wanted;
  decision.why = one_line(why);
  return decision;
}

}  // namespace postern::policy
