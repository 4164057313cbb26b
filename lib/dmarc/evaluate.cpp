// DMARC evaluation: policy, alignment, and the result of both (RFC 9989 §4.10 and §5.3).
#include "lib/dmarc/evaluate.hpp"

#include <algorithm>
#include <set>
#include <span>
#include <utility>

#include "lib/dmarc/reason.hpp"
#include "lib/dmarc/tree_walk.hpp"
#include "lib/dns/name.hpp"

namespace postern::dmarc {
namespace {

using authres::Result;
using Names = std::set<std::string>;  // sorted: the order they came in has no influence

Names valid_domains(std::span<const std::string> names) {
  Names valid;
  for (const std::string& name : names) {
    if (dns::is_parsed_domain(name)) valid.insert(name);
  }
  return valid;
}

Policy lower(Policy policy) {
  return policy == Policy::reject ? Policy::quarantine : Policy::none;
}

Outcome permerror(std::string reason) {
  Outcome outcome;
  outcome.result = Result::permerror;
  outcome.reason = std::move(reason);
  return outcome;
}

// Of several author domains the one that ranks highest is reported.
int severity(Result result) {
  if (result == Result::fail) return 3;
  if (result == Result::temperror) return 2;
  return result == Result::pass ? 0 : 1;
}

bool is_milder(const Outcome& a, const Outcome& b) {
  if (severity(a.result) != severity(b.result)) return severity(a.result) < severity(b.result);
  if (a.policy != b.policy) return a.policy < b.policy;
  return a.published < b.published;  // of equals the first by name, since Names are sorted
}

enum class Aligned { no, unknown, yes };

class Evaluator {
 public:
  Evaluator(const Request& request, const dns::Answers& answers)
      : authors_(request.author_domains.begin(), request.author_domains.end()),
        spf_(valid_domains({&request.spf_domain, 1})),
        dkim_(valid_domains(request.dkim_domains)),
        undecided_spf_(valid_domains({&request.spf_temperror_domain, 1})),
        undecided_dkim_(valid_domains(request.dkim_temperror_domains)),
        lookups_(answers) {}

  dns::Evaluation<Outcome> evaluate() {
    for (const std::string& author : authors_) walks_.walk(author);
    if (lookups_.has_missing()) return std::move(lookups_).missing();
    std::vector<Outcome> outcomes;
    for (const std::string& author : authors_) outcomes.push_back(judge(author));
    if (lookups_.has_missing()) return std::move(lookups_).missing();
    Outcome worst = *std::max_element(outcomes.begin(), outcomes.end(), is_milder);
    worst.dns_queries = lookups_.count();
    return worst;
  }

 private:
  Outcome judge(const std::string& author);
  bool find_policy(const PolicyRecord& record, const Walk& walk, Outcome& outcome);
  void find_result(const PolicyRecord& record, const Walk& walk, bool policy_is_known,
                   Outcome& outcome);
  Aligned align(const std::string& author, const Walk& walk, const Names& identifiers,
                Alignment mode);
  Aligned align(const std::string& author, const Walk& walk, const std::string& identifier,
                Alignment mode);

  const Names authors_;
  const Names spf_;
  const Names dkim_;
  const Names undecided_spf_;
  const Names undecided_dkim_;
  dns::Lookups lookups_;
  TreeWalks walks_{lookups_};
  std::string failed_owner_;  // whose failure left an alignment open
};

// Relaxed: both have the same organizational domain (RFC 9989 §4.10.2). It is at or above each of
// them, so what is not below that of the author needs no walk of its own.
Aligned Evaluator::align(const std::string& author, const Walk& walk, const std::string& identifier,
                         Alignment mode) {
  if (identifier == author) return Aligned::yes;
  if (mode == Alignment::strict) return Aligned::no;
  if (!walk.failed_name.empty()) {
    if (dns::labels(author).back() != dns::labels(identifier).back()) return Aligned::no;
    failed_owner_ = "_dmarc." + walk.failed_name;
    return Aligned::unknown;
  }
  if (!dns::is_at_or_below(identifier, walk.organizational_domain)) return Aligned::no;
  const Walk& other = walks_.walk(identifier);
  if (!other.is_complete) return Aligned::unknown;
  if (!other.failed_name.empty()) {
    failed_owner_ = "_dmarc." + other.failed_name;
    return Aligned::unknown;
  }
  return other.organizational_domain == walk.organizational_domain ? Aligned::yes : Aligned::no;
}

// The best of all; each is looked at, so that all questions are asked together.
Aligned Evaluator::align(const std::string& author, const Walk& walk, const Names& identifiers,
                         Alignment mode) {
  Aligned best = Aligned::no;
  for (const std::string& identifier : identifiers) {
    best = std::max(best, align(author, walk, identifier, mode));
  }
  return best;
}

// Which of p, sp, and np is meant, and t (RFC 9989 §4.7 and §4.10.1). False if DNS cannot tell
// whether the author domain exists: then the milder of both is given.
bool Evaluator::find_policy(const PolicyRecord& record, const Walk& walk, Outcome& outcome) {
  bool is_known = true;
  Policy policy = record.p.value_or(Policy::none);
  if (outcome.policy_domain != outcome.author_domain) {
    policy = record.sp.value_or(policy);
    const Policy np = record.np.value_or(policy);
    if (np != policy && !walk.name_exists) {
      const dns::Answer* answer = lookups_.find(outcome.author_domain, dns::Type::a);
      is_known = answer != nullptr && !answer->is_failure();
      if (!is_known) {
        policy = std::min(policy, np);
      } else if (answer->status == dns::Status::nxdomain) {
        policy = np;
      }
    }
  }
  outcome.published = policy;
  outcome.policy = record.testing ? lower(policy) : policy;
  outcome.testing = outcome.policy != outcome.published;
  return is_known;
}

void Evaluator::find_result(const PolicyRecord& record, const Walk& walk, bool policy_is_known,
                            Outcome& outcome) {
  const std::string& author = outcome.author_domain;
  const Alignment aspf = record.aspf;
  const Alignment adkim = record.adkim;
  const Aligned spf = align(author, walk, spf_, aspf);
  const Aligned dkim = align(author, walk, dkim_, adkim);
  outcome.spf_aligned = spf == Aligned::yes;
  outcome.dkim_aligned = dkim == Aligned::yes;
  if (outcome.spf_aligned || outcome.dkim_aligned) {
    outcome.result = Result::pass;
    return;
  }
  outcome.result = Result::temperror;
  if (spf == Aligned::unknown || dkim == Aligned::unknown) {
    outcome.reason = describe_dns_failure(failed_owner_);
  } else if (align(author, walk, undecided_spf_, aspf) != Aligned::no) {
    outcome.reason = "SPF could not be checked for " + shorten(*undecided_spf_.begin());
  } else if (align(author, walk, undecided_dkim_, adkim) != Aligned::no) {
    outcome.reason = "a DKIM signature that may align could not be checked";
  } else if (!policy_is_known) {
    outcome.reason = describe_dns_failure(author);
  } else {
    outcome.result = Result::fail;
    outcome.reason = describe_unaligned(spf_, dkim_);
  }
}

// One author domain, as if it were the only one. Its own walk is complete.
Outcome Evaluator::judge(const std::string& author) {
  const Walk& walk = walks_.walk(author);
  Outcome outcome;
  outcome.author_domain = author;
  outcome.organizational_domain = walk.organizational_domain;
  outcome.policy_domain = walk.policy_domain;
  if (walk.policy == nullptr) {
    const bool has_failed = !walk.failed_name.empty();
    outcome.result = has_failed ? Result::temperror : Result::none;
    outcome.reason = has_failed ? describe_dns_failure("_dmarc." + walk.failed_name)
                                : "no DMARC record for " + shorten(author);
    return outcome;
  }
  outcome.record = applicable(*walk.policy);
  if (!outcome.record) {
    outcome.reason = "DMARC record of " + shorten(walk.policy_domain) +
                     " has no valid policy and asks for no reports";
    return outcome;
  }
  const bool policy_is_known = find_policy(*outcome.record, walk, outcome);
  find_result(*outcome.record, walk, policy_is_known, outcome);
  return outcome;
}

}  // namespace

dns::Evaluation<Outcome> evaluate(const Request& request, const dns::Answers& answers) {
  const std::vector<std::string>& authors = request.author_domains;
  if (authors.empty()) return permerror("no author domain");
  if (authors.size() > max_author_domains) {
    return permerror(std::to_string(authors.size()) + " author domains, more than " +
                     std::to_string(max_author_domains));
  }
  if (!std::all_of(authors.begin(), authors.end(), dns::is_parsed_domain)) {
    return permerror("the author domain is not a domain name");
  }
  return Evaluator(request, answers).evaluate();
}

}  // namespace postern::dmarc
