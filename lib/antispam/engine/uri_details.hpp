// uri_detail rules: several patterns on one URI (Mail::SpamAssassin::Plugin::URIDetail).
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "lib/antispam/rules/rule_set.hpp"
#include "lib/antispam/text/regex.hpp"
#include "lib/antispam/uri/message_uri.hpp"

namespace postern::antispam {

/// One rule, compiled.
struct UriDetailRule {
  enum class Target { raw, type, cleaned, text, domain, host };
  struct Criterion {
    Target target = Target::raw;
    bool negated = false;
    std::unique_ptr<Regex> regex;
  };
  std::size_t rule = 0;
  std::vector<Criterion> criteria;
};

/// Those of the rules that are wanted, by rule; what does not compile is left out with a warning.
[[nodiscard]] std::vector<UriDetailRule> compile_uri_details(const RuleSet& rules,
                                                             const RegexCompiler& compiler,
                                                             const std::vector<bool>& is_wanted,
                                                             std::vector<RuleWarning>& warnings);

/// Whether all criteria hold for one of the URIs. A criterion holds if one of the texts that it
/// names matches, or does not where it is negated.
[[nodiscard]] bool hits(const UriDetailRule& rule, std::span<const MessageUri> uris);

}  // namespace postern::antispam
