// Rules that ask DNS: evaluate, ask, evaluate again.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lib/antispam/evals/eval.hpp"
#include "lib/antispam/network/digests.hpp"
#include "lib/antispam/network/list_inquiry.hpp"
#include "lib/antispam/network/list_memory.hpp"
#include "lib/antispam/network/network_hits.hpp"
#include "lib/antispam/rules/rule_set.hpp"
#include "lib/dns/answers.hpp"

namespace postern::antispam {

/// What the answers so far make of a message.
struct NetworkFindings {
  NetworkHits hits;
  dns::Questions missing;            ///< The most telling ones first.
  std::vector<std::size_t> unasked;  ///< Rules that a limit of ours kept from asking.
  ListReport report;                 ///< Of the lists, as far as these answers go.
};

/// What holds for the questions of one message.
struct ListLimits {
  std::span<const std::string> left_alone = {};  ///< Lists not to be asked now; of ListMemory.
  std::size_t questions = usual_list_questions;
};

/// Immutable once made; any number of threads may use it, each with its own message. Borrows all
/// that it is made from.
class NetworkRules {
 public:
  /// \param score_set  Rules without a score in it do not ask.
  /// \param digests    nullptr: lists of digests are asked only where values stay as they are.
  NetworkRules(const RuleSet& rules, const RegexSource& regexes, int score_set,
               const Digests* digests = nullptr);
  ~NetworkRules();
  NetworkRules(const NetworkRules&) = delete;
  NetworkRules& operator=(const NetworkRules&) = delete;

  /// Hits by the answers so far, and what is not known yet; for those who do without the rest.
  /// Name servers are asked about first, then their addresses, then lists about these.
  [[nodiscard]] NetworkFindings find(EvalContext& context, const dns::Answers& answers,
                                     const ListLimits& limits) const;
  [[nodiscard]] NetworkFindings find(EvalContext& context, const dns::Answers& answers) const {
    return find(context, answers, ListLimits());
  }

  /// Rules that never ask, and why.
  [[nodiscard]] const std::vector<RuleWarning>& warnings() const;

 private:
  // Domains of lists that these hits say refuse us (dns_block_rule).
  [[nodiscard]] std::vector<std::string> refusing(const NetworkHits& hits) const;

  struct Parts;
  std::unique_ptr<const Parts> parts_;
};

}  // namespace postern::antispam
