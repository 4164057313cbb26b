#include "lib/spf/check_host.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "lib/spf/evaluator.hpp"
#include "lib/spf/identity.hpp"
#include "lib/spf/look_ahead.hpp"

namespace postern::spf {
namespace {

MacroValues macro_values(const Request& request, Identity identity) {
  MacroValues values;
  values.local_part = std::move(identity.local_part);
  values.sender_domain = std::move(identity.domain);
  values.helo = request.helo;
  values.receiver = request.receiver;
  values.client_ip = request.client_ip.unmapped();
  values.now = request.now;
  return values;
}

dns::Questions joined(const dns::Questions& needed, const dns::Questions& ahead) {
  dns::Questions all;
  std::set_union(needed.begin(), needed.end(), ahead.begin(), ahead.end(), std::back_inserter(all));
  return all;
}

// Nothing while an answer is missing.
std::optional<Outcome> evaluate(const Request& request, const std::string& domain,
                                Evaluator& evaluator) {
  const auto verdict = evaluator.check(domain);
  if (!verdict) return std::nullopt;
  Outcome outcome;
  outcome.result = verdict->result;
  outcome.scope = request.scope;
  outcome.domain = domain;
  outcome.problem = verdict->problem;
  if (verdict->matched != nullptr) {
    outcome.mechanism = verdict->matched->text.substr(0, max_mechanism_size);
  }
  if (request.explain) {
    auto explanation = evaluator.explain(*verdict);
    if (!explanation) return std::nullopt;
    outcome.explanation = std::move(*explanation);
  }
  outcome.dns_queries = evaluator.lookups().count();
  return outcome;
}

}  // namespace

dns::Evaluation<Outcome> check_host(const Request& request, const dns::Answers& answers,
                                    const Limits& limits) {
  auto identity = find_identity(request);
  if (!identity) {
    Outcome none;
    none.scope = request.scope;
    none.problem = identity.error();
    return none;
  }
  if (answers.find(identity->domain, dns::Type::txt) == nullptr) {
    return dns::Questions{{identity->domain, dns::Type::txt}};  // all else follows from it
  }
  const std::string domain = identity->domain;
  Evaluator evaluator(macro_values(request, std::move(*identity)), answers, limits);
  auto outcome = evaluate(request, domain, evaluator);
  if (outcome) return std::move(*outcome);
  dns::Lookups ahead(answers);
  look_ahead(domain, evaluator.values(), limits, evaluator.policies(), ahead);
  return joined(evaluator.lookups().missing(), ahead.missing());
}

}  // namespace postern::spf
