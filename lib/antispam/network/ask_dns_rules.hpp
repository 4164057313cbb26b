// Rules that ask for a name made of what a message says (Mail::SpamAssassin::Plugin::AskDNS).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lib/antispam/evals/eval.hpp"
#include "lib/antispam/network/list_inquiry.hpp"
#include "lib/antispam/network/network_hits.hpp"
#include "lib/antispam/network/record_filter.hpp"

namespace postern::antispam {

class AskDnsRules {
 public:
  /// Takes a rule if it is one of these. \return Why it never asks; empty: it does, or is none.
  std::string add(std::size_t index, const Rule& rule, const RegexSource& regexes);

  /// Asks what all rules need, and adds the hits that the answers so far make.
  void run(EvalContext& context, ListInquiry& inquiry, NetworkHits& hits) const;

 private:
  struct AskDnsRule {
    std::size_t rule = 0;
    std::string name_template;
    std::vector<std::string> tags;
    std::string list;  ///< What follows the last tag.
    Worth worth = Worth::other;
    /// SpamAssassin asks for ANY where there are several; no resolver of today answers that
    /// (RFC 8482).
    std::vector<dns::Type> types;
    RecordFilter filter;
  };

  [[nodiscard]] static bool hits(const AskDnsRule& rule, const dns::Answer& answer);

  std::vector<AskDnsRule> rules_;
};

}  // namespace postern::antispam
