#include "lib/antispam/engine/uri_details.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace postern::antispam {
namespace {

using Target = UriDetailRule::Target;

std::optional<Target> target_of(std::string_view name) {
  constexpr std::pair<std::string_view, Target> names[] = {
      {"raw", Target::raw},   {"type", Target::type},     {"cleaned", Target::cleaned},
      {"text", Target::text}, {"domain", Target::domain}, {"host", Target::host}};
  for (const auto& [known, target] : names) {
    if (known == name) return target;
  }
  return std::nullopt;
}

bool holds(const UriDetailRule::Criterion& criterion, std::string_view text) {
  return static_cast<bool>(criterion.regex->find(text)) != criterion.negated;
}

bool holds(const UriDetailRule::Criterion& criterion, const MessageUri& uri) {
  const auto of_string = [&](const PerlString& text) { return holds(criterion, text.bytes); };
  const auto any = [](const auto& texts, auto test) {
    return std::any_of(texts.begin(), texts.end(), test);
  };
  switch (criterion.target) {
    case Target::raw: return of_string(uri.uri);
    case Target::cleaned: return any(uri.cleaned, of_string);
    case Target::text: return any(uri.anchor_texts, of_string);
    case Target::type:
      return any(uri.types, [&](const std::string& type) { return holds(criterion, type); });
    case Target::domain:
      return any(uri.hosts, [&](const auto& host) {
        return !host.second.empty() && holds(criterion, host.second);
      });
    case Target::host:
      return any(uri.hosts, [&](const auto& host) { return holds(criterion, host.first); });
  }
  return false;
}

}  // namespace

std::vector<UriDetailRule> compile_uri_details(const RuleSet& rules, const RegexCompiler& compiler,
                                               const std::vector<bool>& is_wanted,
                                               std::vector<RuleWarning>& warnings) {
  std::vector<UriDetailRule> found;
  for (std::size_t i = 0; i < rules.rules.size(); ++i) {
    const Rule& rule = rules.rules[i];
    const auto* const test = std::get_if<UriDetailTest>(&rule.test);
    if (test == nullptr || !is_wanted[i]) continue;
    UriDetailRule compiled{i, {}};
    for (const UriDetailTest::Criterion& criterion : test->criteria) {
      auto regex = compiler.compile(criterion.pattern);
      const auto target = target_of(criterion.target);
      if (!regex || !target) {
        warnings.push_back({rule.source, rule.name + ": its pattern for \"" + criterion.target +
                                             "\" is not understood" +
                                             (regex ? "" : ", " + regex.error()) +
                                             "; it never hits"});
        break;
      }
      compiled.criteria.push_back({*target, criterion.negated, std::move(*regex)});
    }
    if (compiled.criteria.size() == test->criteria.size()) found.push_back(std::move(compiled));
  }
  return found;
}

bool hits(const UriDetailRule& rule, std::span<const MessageUri> uris) {
  return std::any_of(uris.begin(), uris.end(), [&](const MessageUri& uri) {
    return std::all_of(rule.criteria.begin(), rule.criteria.end(),
                       [&](const auto& criterion) { return holds(criterion, uri); });
  });
}

}  // namespace postern::antispam
