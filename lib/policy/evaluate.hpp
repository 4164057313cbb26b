// The answer to one request of Postfix: which rule decides, and why.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/notice.hpp"
#include "lib/dns/answers.hpp"
#include "lib/greylist/greylist.hpp"
#include "lib/policy/facts.hpp"
#include "lib/policy/request.hpp"
#include "lib/ratelimit/brake.hpp"
#include "lib/store/known.hpp"
#include "lib/store/operation.hpp"

namespace postern::policy {

inline constexpr std::size_t max_why_size = 400;  ///< Octets of Decision::why.

struct Decision {
  std::string action = "DUNNO";  ///< What is answered: DUNNO where no enforced rule decides.
  std::string wanted = "DUNNO";  ///< What enforce mode answers. Both printable ASCII, one line.
  std::string rule;              ///< That decided what is wanted; empty: none did.
  std::string why;               ///< One line of printable ASCII.
  /// For the log line; values are printable ASCII.
  std::vector<std::pair<std::string, std::string>> facts;
  /// What fails in the environment: rules that could not be looked at, as "RULE: why", and DNS
  /// lists, as "dnslist: NAME: why". To be logged once, not for each request.
  std::vector<std::string> failures;
  std::optional<greylist::Outcome> greylist;  ///< When it was asked. Its writes are in `writes`.
  std::string limit;                          ///< That was exceeded.
  std::vector<Notice> notices;                ///< Somebody is to be told, once.
  /// To be run in the store without waiting for them, also in observe mode.
  std::vector<store::Operation> writes;
};

/// Why a rule did or did not decide, for `postern policy try`.
struct RuleTrace {
  enum class Result { decided, went_on, no_match, unknown, pending, not_reached };
  std::string rule;
  Result result = Result::not_reached;
  std::string why;  ///< Empty while it is pending.
};
[[nodiscard]] std::string_view to_word(RuleTrace::Result result);

/// A decision, or what it needs to know first.
struct Evaluation {
  std::optional<Decision> decision;
  dns::Questions questions;                  ///< Each once; all that can be asked now.
  std::vector<store::Operation> operations;  ///< In this order; their results go into
                                             ///< Evidence::known.
  bool wants_names = false;                  ///< Postfix's names are missing.
  std::vector<recipients::Lookup> lookups;   ///< In Postfix's tables.
  std::vector<RuleTrace> trace;              ///< One for each rule, in their order.
};

/// Looks at the rules in their order. The first that answers decides; greylist, limits, brake, and
/// quota let the next ones be looked at when they have nothing to say. Nothing that changes the
/// store is asked for before it is certain that its rule is reached; what only reads is asked for
/// ahead.
///
/// With `evidence.store_failed` nothing of the store is missing any more: rules that need it do not
/// match, and with PostfixTables::failed nothing of Postfix. DNS failures are answers
/// (Status::timeout) and do the same. An evaluation with the same arguments gives the same result,
/// whatever came before.
///
/// \param now  The same in all rounds of one request; a part of what is asked of the store.
[[nodiscard]] Evaluation evaluate(const Request& request, const Policy& policy,
                                  const Evidence& evidence, store::Time now);

/// The same, and with the same result, without doing again what earlier rounds have done.
/// \param found  Empty in the first round of a request, and then handed on from round to round.
[[nodiscard]] Evaluation evaluate(const Request& request, const Policy& policy,
                                  const Evidence& evidence, store::Time now, FoundFacts& found);

/// The decision when no answer can be found in time, or the daemon fails: policy.fail.
/// \param why  Ours, one line.
[[nodiscard]] Decision fail_decision(const Request& request, const Policy& policy,
                                     std::string_view why);

}  // namespace postern::policy
