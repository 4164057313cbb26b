#include "lib/antispam/network/network_rules.hpp"

#include <algorithm>
#include <optional>

#include "lib/antispam/network/ask_dns_rules.hpp"
#include "lib/antispam/network/hash_rules.hpp"
#include "lib/antispam/network/list_rules.hpp"
#include "lib/antispam/network/uri_list_rules.hpp"

namespace postern::antispam {

struct NetworkRules::Parts {
  ListRules lists;
  UriListRules uri_lists;
  AskDnsRules ask_dns;
  HashRules hashes;
  /// dns_block_rule: rule -> domains
  std::vector<std::pair<std::size_t, std::vector<std::string>>> block_rules;
  std::vector<RuleWarning> warnings;

  Parts(const RuleSet& set, const RegexSource& regexes, int score_set, const Digests* digests)
      : hashes(digests) {
    for (std::size_t i = 0; i < set.rules.size(); ++i) {
      const Rule& rule = set.rules[i];
      if (rule.scores.at(static_cast<std::size_t>(score_set)) == 0) continue;
      std::string problem = add(i, rule, regexes, set.options);
      if (!problem.empty()) {
        warnings.push_back({rule.source, rule.name + " never hits: " + problem});
      }
    }
    for (const auto& [name, domains] : set.options.dns_block_rules) {
      if (const auto rule = set.find(name)) block_rules.emplace_back(*rule, domains);
    }
  }

  std::string add(std::size_t index, const Rule& rule, const RegexSource& regexes,
                  const Options& options) {
    return lists.add(index, rule, regexes, options) + uri_lists.add(index, rule, options) +
           ask_dns.add(index, rule, regexes) + hashes.add(index, rule, regexes, options);
  }
};

NetworkRules::NetworkRules(const RuleSet& rules, const RegexSource& regexes, int score_set,
                           const Digests* digests)
    : parts_(std::make_unique<const Parts>(rules, regexes, score_set, digests)) {}
NetworkRules::~NetworkRules() = default;

NetworkFindings NetworkRules::find(EvalContext& context, const dns::Answers& answers,
                                   const ListLimits& limits) const {
  NetworkFindings found;
  if (!context.rules.options.dns_available) return found;
  ListInquiry inquiry(context, limits.left_alone, answers, limits.questions);
  parts_->lists.run(context, inquiry, found.hits);
  parts_->uri_lists.run(context, inquiry, found.hits);
  parts_->ask_dns.run(context, inquiry, found.hits);
  parts_->hashes.run(context, inquiry, found.hits);
  ListInquiry::Result asked = std::move(inquiry).finish();
  found.missing = std::move(asked.missing);
  found.unasked = std::move(asked.unasked);
  found.report.refusing = refusing(found.hits);
  found.report.answering = std::move(asked.answering);
  found.report.silent = std::move(asked.silent);
  found.report.block_seconds = context.rules.options.dns_block_seconds;
  return found;
}

std::vector<std::string> NetworkRules::refusing(const NetworkHits& hits) const {
  std::vector<std::string> domains;
  for (const auto& [rule, blocked] : parts_->block_rules) {
    const auto is_rule = [rule = rule](const auto& hit) { return hit.first == rule; };
    if (std::none_of(hits.values.begin(), hits.values.end(), is_rule)) continue;
    domains.insert(domains.end(), blocked.begin(), blocked.end());
  }
  return domains;
}

const std::vector<RuleWarning>& NetworkRules::warnings() const {
  return parts_->warnings;
}

}  // namespace postern::antispam
