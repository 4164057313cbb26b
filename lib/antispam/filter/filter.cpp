#include "lib/antispam/filter/filter.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/antispam/engine/rule_kind.hpp"
#include "lib/antispam/evals/hit_details.hpp"
#include "lib/antispam/filter/date_text.hpp"
#include "lib/antispam/message/environment.hpp"
#include "lib/antispam/network/network_rules.hpp"
#include "lib/antispam/report/headers.hpp"
#include "lib/antispam/report/rewrite.hpp"
#include "lib/antispam/uri/registry_boundaries.hpp"

namespace postern::antispam {
namespace {

/// Bit of a score set: network tests.
constexpr int set_with_network = 1;

RuleSet with_scores(RuleSet rules, const Settings& settings) {
  for (const auto& [name, score] : settings.scores.scores) {
    if (const auto index = rules.find(name)) {
      rules.rules[*index].scores.fill(score);
    } else {
      rules.warnings.push_back(
          {{"antispam.scores", 0}, "there is no rule \"" + name + "\"; remove its score"});
    }
  }
  if (settings.required_score > 0) {
    rules.options.required_score = settings.required_score;
  }
  return rules;
}

/// Whether lib/antispam/network decides, not a function.
bool is_by_dns(const EvalTest& test) {
  const Eval* const eval = find_eval(test.function);
  return eval != nullptr && eval->run == nullptr;
}

std::string_view area_of(const RuleTest& test) {
  if (const auto* text = std::get_if<TextTest>(&test)) {
    switch (text->kind) {
      case TextKind::body: return "BODY: ";
      case TextKind::rawbody: return "RAW: ";
      case TextKind::uri: return "URI: ";
      case TextKind::full: return "FULL: ";
    }
  }
  if (const auto* eval = std::get_if<EvalTest>(&test)) {
    switch (eval->kind) {
      case EvalTest::Kind::body: return is_by_dns(*eval) ? "" : "BODY: ";
      case EvalTest::Kind::rawbody: return is_by_dns(*eval) ? "" : "RAW: ";
      case EvalTest::Kind::header: return eval->is_rbl ? "RBL: " : "";
      case EvalTest::Kind::full: return "";
    }
  }
  return std::holds_alternative<AskDnsTest>(test) ? "ASKDNS: " : "";
}

/// A milter cannot make spam an attachment of its report, as report_safe asks: then the report is a
/// field, as SpamAssassin does it where report_safe is 0.
std::vector<HeaderTemplate> headers_of_a_milter(const Options& options) {
  std::vector<HeaderTemplate> headers = options.headers;
  const bool has_report =
      std::any_of(headers.begin(), headers.end(), [](const HeaderTemplate& header) {
        return header.name == "Report" && header.when != HeaderTemplate::When::ham;
      });
  if (!has_report) headers.push_back({HeaderTemplate::When::spam, "Report", "_REPORT_"});
  return headers;
}

/// What reports tell of a hit.
std::vector<std::string> details_of(const Rule& rule, const HitDetails& details) {
  std::vector<std::string> texts = details.of(rule.name);
  const std::vector<std::string>& flags = rule.flags.words;
  const bool is_secret = std::find(flags.begin(), flags.end(), "nolog") != flags.end();
  if (is_secret && !texts.empty()) texts = {"*REDACTED*"};
  return texts;
}

SpamVerdict make_verdict(const SpamResult& result, const RuleSet& rules, int score_set,
                         const HitDetails& details) {
  SpamVerdict verdict;
  verdict.score = result.score;
  verdict.required_score = rules.options.required_score;
  std::vector<const Rule*> hits;
  for (const auto& [index, value] : result.hits) {
    const Rule& rule = rules.rules[index];
    if (rule.is_subrule()) {
      verdict.subrules.push_back(rule.name);
    } else {
      hits.push_back(&rule);
    }
  }
  std::stable_sort(hits.begin(), hits.end(), [](const Rule* a, const Rule* b) {
    return std::pair(a->priority, kind_of(a->test)) < std::pair(b->priority, kind_of(b->test));
  });
  for (const Rule* rule : hits) {
    verdict.hits.push_back(
        {rule->name, rule->scores.at(static_cast<std::size_t>(score_set)),
         std::string(area_of(rule->test)),
         rule->description.empty() ? "No description available." : rule->description,
         details_of(*rule, details)});
    if (const auto prefix = rules.options.subject_prefixes.find(rule->name);
        prefix != rules.options.subject_prefixes.end() &&
        verdict.subject_prefix.find(prefix->second) == std::string::npos) {
      verdict.subject_prefix += prefix->second + " ";
    }
  }
  if (result.over_budget && !rules.find(time_limit_rule)) {
    verdict.hits.push_back({std::string(time_limit_rule),
                            time_limit_score,
                            "",
                            "Not all rules ran: they took too long.",
                            {}});
  }
  return verdict;
}

void add_relay_tags(SpamVerdict& verdict, const RelayChain& relays) {
  const auto set = [&](const char* name, std::string value) {
    verdict.tags[name] = std::move(value);
  };
  const Relay nobody;
  const Relay& external = relays.external.empty() ? nobody : relays.external.front();
  set("LASTEXTERNALIP", external.ip);
  set("LASTEXTERNALRDNS", external.rdns);
  set("LASTEXTERNALHELO", external.helo);
  set("FIRSTTRUSTEDIP", relays.trusted.empty() ? std::string() : relays.trusted.back().ip);
}

RenderedMessage parsed(std::string_view text, const RenderEnvironment& environment,
                       Deadline& deadline) {
  const Deadline::Turn turn(deadline);
  return RenderedMessage(text, environment);
}

}  // namespace

struct Filter::Parts {
  RuleSet rules;
  int score_set;
  std::string hostname;
  std::string subversion;
  RegistryBoundaries boundaries;
  Engine engine;
  std::vector<const Regex*> redirectors;
  RenderEnvironment environment;
  std::optional<NetworkRules> network;  // nothing: rules do not ask DNS
  ListMemory* lists;                    // nullptr: nothing is remembered of them
  std::size_t max_questions;
  Secret secret;
  Deadline deadline;  // before any message

  Parts(RuleSet given, const Settings& settings, const FilterTools& tools, std::string host,
        bool eager)
      : rules(with_scores(std::move(given), settings)),
        score_set(settings.network ? set_with_network : 0),
        hostname(std::move(host)),
        subversion(tools.subversion),
        boundaries(rules.options, eager ? nullptr : tools.to_ascii),
        engine(rules, tools.regexes, {score_set, eager}),
        environment{rules.options, boundaries, redirectors, tools.charsets},
        lists(tools.lists),
        max_questions(settings.max_questions),
        secret(tools.secret),
        deadline({tools.now, tools.wall}, settings.budget) {
    for (const std::string& pattern : rules.options.redirector_patterns) {
      redirectors.push_back(engine.regexes().regex(pattern));
    }
    if (settings.network) network.emplace(rules, engine.regexes(), score_set, tools.digests);
  }
};

Filter::Filter(RuleSet rules, const Settings& settings, const FilterTools& tools,
               std::string hostname, bool eager)
    : parts_(std::make_unique<const Parts>(std::move(rules), settings, tools, std::move(hostname),
                                           eager)) {}
Filter::~Filter() = default;

const RuleSet& Filter::rules() const {
  return parts_->rules;
}

ListPatience Filter::list_patience() const {
  const Options& options = parts_->rules.options;
  const auto in_ms = [](double seconds) {
    return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
  };
  const double least = options.rbl_least_timeout_seconds > 0 ? options.rbl_least_timeout_seconds
                                                             : options.rbl_timeout_seconds / 5;
  return {in_ms(std::max(options.rbl_timeout_seconds, least)), in_ms(least)};
}

std::vector<RuleWarning> Filter::warnings() const {
  std::vector<RuleWarning> all = parts_->rules.warnings;
  const std::vector<RuleWarning>& never_run = parts_->engine.warnings();
  all.insert(all.end(), never_run.begin(), never_run.end());
  if (parts_->network) {
    const std::vector<RuleWarning>& never_ask = parts_->network->warnings();
    all.insert(all.end(), never_ask.begin(), never_ask.end());
  }
  return all;
}

struct Judging::State {
  std::shared_ptr<const Filter> filter;
  std::string text;
  Circumstances circumstances;
  Deadline deadline;
  RenderedMessage message;
  EvalMemory memory;
  std::vector<std::string> left_alone;  // lists not to be asked about this message
  NetworkFindings network;              // by the answers so far
  std::vector<std::string> list_news;   // of lists that this message showed not to work
  std::optional<RuleHits> hits;
  std::optional<SpamResult> result;
  std::optional<SpamVerdict> verdict;

  State(std::shared_ptr<const Filter> by, std::string given, Circumstances from)
      : filter(std::move(by)),
        text(std::move(given)),
        circumstances(std::move(from)),
        deadline(filter->parts_->deadline),
        message(parsed(text, filter->parts_->environment, deadline)),
        left_alone(filter->parts_->lists == nullptr
                       ? std::vector<std::string>()
                       : filter->parts_->lists->left_alone(circumstances.now)) {}

  [[nodiscard]] EvalContext context() {
    return {filter->parts_->rules,
            message,
            memory,
            filter->parts_->engine.regexes(),
            circumstances.has_authentication ? &circumstances.authentication : nullptr,
            std::nullopt,
            circumstances.now,
            {},
            circumstances.recipients,
            filter->parts_->hostname,
            filter->parts_->secret};
  }

  [[nodiscard]] TagSource tags() {
    TagSource source{filter->parts_->rules.options, *verdict,
                     filter->parts_->hostname,      date_text(circumstances.now),
                     filter->parts_->subversion,    message.body(),
                     message.is_body_characters(),  circumstances.remote_hostname,
                     circumstances.remote_address};
    source.header = [this](std::string_view name) { return message.header_text(name); };
    return source;
  }
};

Judging::Judging(std::shared_ptr<const Filter> filter, std::string message,
                 Circumstances circumstances)
    : state_(std::make_unique<State>(std::move(filter), std::move(message),
                                     std::move(circumstances))) {}
Judging::~Judging() = default;

dns::Questions Judging::advance(const dns::Answers& answers) {
  const Deadline::Turn turn(state_->deadline);
  const Filter::Parts& parts = *state_->filter->parts_;
  EvalContext context = state_->context();
  if (!state_->hits) state_->hits = parts.engine.match(context, state_->deadline);
  if (!parts.network) return {};
  state_->network =
      parts.network->find(context, answers, {state_->left_alone, parts.max_questions});
  return std::move(state_->network.missing);
}

const SpamResult& Judging::result() {
  if (!state_->result) {
    if (!state_->hits) (void)advance({});
    const Filter::Parts& parts = *state_->filter->parts_;
    for (const auto& [rule, value] : state_->network.hits.values) {
      state_->hits->values[rule] = value;
    }
    if (parts.lists != nullptr) {
      state_->list_news = parts.lists->note(state_->network.report, state_->circumstances.now);
    }
    if (const auto forced = parts.rules.find(state_->circumstances.forced_rule)) {
      state_->hits->values[*forced] = 1;
    }
    state_->result = state_->filter->parts_->engine.conclude(std::move(*state_->hits));
  }
  return *state_->result;
}

const SpamVerdict& Judging::verdict() {
  if (!state_->verdict) {
    const Filter::Parts& parts = *state_->filter->parts_;
    state_->verdict =
        make_verdict(result(), parts.rules, parts.score_set, state_->memory.get<HitDetails>());
    const Listing listing = state_->circumstances.listing;
    if (listing != Listing::none) state_->verdict->decided = listing == Listing::denied;
    if (state_->circumstances.required > 0) {
      state_->verdict->required_score = state_->circumstances.required;
    }
    add_relay_tags(*state_->verdict, state_->message.relays());
  }
  return *state_->verdict;
}

// Who sends what takes long must not gain by it: rules that did not run say nothing for a message.
bool Judging::is_undecided() {
  return result().over_budget && !verdict().is_spam() && !verdict().decided;
}

Outcome Judging::outcome(bool with_headers) {
  const SpamVerdict& judged = verdict();
  Outcome outcome;
  outcome.result = judged.is_spam() ? Outcome::Result::spam : Outcome::Result::ham;
  outcome.over_budget = result().over_budget;
  if (is_undecided()) {
    outcome.result = Outcome::Result::temperror;
    outcome.problem = "over antispam.budget";
  }
  outcome.score = judged.score;
  outcome.required = judged.required_score;
  for (const ReportedHit& hit : judged.hits) {
    outcome.hits.emplace_back(hit.name, hit.score);
  }
  std::stable_sort(outcome.hits.begin(), outcome.hits.end(), [](const auto& a, const auto& b) {
    return std::abs(a.second) > std::abs(b.second);
  });
  if (with_headers) {
    const TagSource tags = state_->tags();
    for (AddedHeader& header : added_headers(tags, headers_of_a_milter(tags.options))) {
      outcome.headers.push_back({std::move(header.name), std::move(header.value)});
    }
  }
  outcome.listed = state_->circumstances.listed;
  outcome.unasked = unasked();
  outcome.list_news = list_news();
  outcome.has_too_many_links = state_->message.has_too_many_links();
  for (const std::size_t index : result().over_limit) {
    outcome.over_limit.push_back(state_->filter->parts_->rules.rules[index].name);
  }
  return outcome;
}

std::vector<std::string> Judging::unasked() const {
  std::vector<std::string> names;
  for (const std::size_t rule : state_->network.unasked) {
    names.push_back(state_->filter->parts_->rules.rules[rule].name);
  }
  return names;
}

const std::vector<std::string>& Judging::list_news() {
  (void)result();
  return state_->list_news;
}

std::string Judging::report() {
  (void)verdict();
  return full_report(state_->tags());
}

std::string Judging::rewritten(std::uint32_t random) {
  (void)verdict();
  const std::string_view headers = state_->message.pristine_headers();
  const PristineMessage pristine{headers, state_->message.pristine_body(),
                                 headers.find("\r\n") != std::string_view::npos};
  return rewrite_message(pristine, state_->tags(), state_->circumstances.now, random);
}

RenderedMessage& Judging::message() {
  return state_->message;
}

}  // namespace postern::antispam
