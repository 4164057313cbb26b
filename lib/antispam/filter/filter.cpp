#include "lib/antispam/filter/filter.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/antispam/filter/date_text.hpp"
#include "lib/antispam/message/environment.hpp"
#include "lib/antispam/network/blocked_lists.hpp"
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

EngineSettings engine_settings(const Settings& settings, const FilterTools& tools, bool eager) {
  EngineSettings out;
  out.score_set = settings.network ? set_with_network : 0;
  out.eager = eager;
  out.budget = settings.budget;
  out.now = tools.now;
  return out;
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
      case EvalTest::Kind::body: return "BODY: ";
      case EvalTest::Kind::rawbody: return "RAW: ";
      case EvalTest::Kind::header: return eval->is_rbl ? "DNS: " : "";
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

/// Place of a rule in the order in which SpamAssassin runs kinds of rules.
int rank_of(const RuleTest& test) {
  enum Rank {
    header,
    header_eval,
    body,
    uri,
    body_eval,
    rawbody,
    rawbody_eval,
    full,
    full_eval,
    meta
  };
  if (const auto* text = std::get_if<TextTest>(&test)) {
    switch (text->kind) {
      case TextKind::body: return body;
      case TextKind::rawbody: return rawbody;
      case TextKind::uri: return uri;
      case TextKind::full: return full;
    }
  }
  if (const auto* eval = std::get_if<EvalTest>(&test)) {
    switch (eval->kind) {
      case EvalTest::Kind::header: return header_eval;
      case EvalTest::Kind::body: return body_eval;
      case EvalTest::Kind::rawbody: return rawbody_eval;
      case EvalTest::Kind::full: return full_eval;
    }
  }
  return std::holds_alternative<MetaTest>(test) ? meta : header;
}

SpamVerdict make_verdict(const SpamResult& result, const RuleSet& rules, int score_set) {
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
    return std::pair(a->priority, rank_of(a->test)) < std::pair(b->priority, rank_of(b->test));
  });
  for (const Rule* rule : hits) {
    verdict.hits.push_back(
        {rule->name,
         rule->scores.at(static_cast<std::size_t>(score_set)),
         std::string(area_of(rule->test)),
         rule->description.empty() ? "No description available." : rule->description,
         {}});
    if (const auto prefix = rules.options.subject_prefixes.find(rule->name);
        prefix != rules.options.subject_prefixes.end() &&
        verdict.subject_prefix.find(prefix->second) == std::string::npos) {
      verdict.subject_prefix += prefix->second + " ";
    }
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

}  // namespace

struct Filter::Parts {
  RuleSet rules;
  int score_set;
  std::string hostname;
  std::string subversion;
  RegistryBoundaries boundaries{rules.options};
  Engine engine;
  std::vector<const Regex*> redirectors;
  RenderEnvironment environment;
  std::optional<NetworkRules> network;  // nothing: rules do not ask DNS
  mutable BlockedLists blocked_lists{rules.options};

  Parts(RuleSet given, const Settings& settings, const FilterTools& tools, std::string host,
        bool eager)
      : rules(with_scores(std::move(given), settings)),
        score_set(settings.network ? set_with_network : 0),
        hostname(std::move(host)),
        subversion(tools.subversion),
        engine(rules, tools.regexes, engine_settings(settings, tools, eager)),
        environment{rules.options, boundaries, redirectors, tools.charsets} {
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
  RenderedMessage message;
  EvalMemory memory;
  std::vector<std::string> blocked;  // lists not to be asked about this message
  NetworkHits network_hits;          // by the answers so far
  std::optional<RuleHits> hits;
  std::optional<SpamResult> result;
  std::optional<SpamVerdict> verdict;

  State(std::shared_ptr<const Filter> by, std::string given, Circumstances from)
      : filter(std::move(by)),
        text(std::move(given)),
        circumstances(std::move(from)),
        message(text, filter->parts_->environment),
        blocked(filter->parts_->blocked_lists.at(circumstances.now)) {}

  [[nodiscard]] EvalContext context() {
    return {filter->parts_->rules,
            message,
            memory,
            filter->parts_->engine.regexes(),
            circumstances.has_authentication ? &circumstances.authentication : nullptr,
            std::nullopt,
            circumstances.now,
            {}};
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
  const Filter::Parts& parts = *state_->filter->parts_;
  EvalContext context = state_->context();
  if (!state_->hits) state_->hits = parts.engine.match(context);
  if (!parts.network) return {};
  NetworkFindings found = parts.network->find(context, answers, state_->blocked);
  state_->network_hits = std::move(found.hits);
  return std::move(found.missing);
}

const SpamResult& Judging::result() {
  if (!state_->result) {
    if (!state_->hits) (void)advance({});
    const Filter::Parts& parts = *state_->filter->parts_;
    for (const auto& [rule, value] : state_->network_hits.values) {
      state_->hits->values[rule] = value;
    }
    if (parts.network) {
      parts.blocked_lists.block(parts.network->refusing(state_->network_hits),
                                state_->circumstances.now);
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
    state_->verdict = make_verdict(result(), parts.rules, parts.score_set);
    if (state_->circumstances.required > 0) {
      state_->verdict->required_score = state_->circumstances.required;
    }
    add_relay_tags(*state_->verdict, state_->message.relays());
  }
  return *state_->verdict;
}

Outcome Judging::outcome() {
  const SpamVerdict& judged = verdict();
  Outcome outcome;
  const Listing listing = state_->circumstances.listing;
  const bool is_spam = listing == Listing::none ? judged.is_spam() : listing == Listing::denied;
  outcome.result = is_spam ? Outcome::Result::spam : Outcome::Result::ham;
  outcome.score = judged.score;
  outcome.required = judged.required_score;
  for (const ReportedHit& hit : judged.hits) {
    outcome.hits.emplace_back(hit.name, hit.score);
  }
  std::stable_sort(outcome.hits.begin(), outcome.hits.end(), [](const auto& a, const auto& b) {
    return std::abs(a.second) > std::abs(b.second);
  });
  for (AddedHeader& header :
       added_headers(state_->tags(), headers_of_a_milter(state_->filter->parts_->rules.options))) {
    outcome.headers.push_back({std::move(header.name), std::move(header.value)});
  }
  outcome.listed = state_->circumstances.listed;
  for (const std::size_t index : result().over_limit) {
    outcome.over_limit.push_back(state_->filter->parts_->rules.rules[index].name);
  }
  outcome.over_budget = result().over_budget;
  return outcome;
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
