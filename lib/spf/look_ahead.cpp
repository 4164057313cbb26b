#include "lib/spf/look_ahead.hpp"

#include <optional>
#include <utility>
#include <vector>

#include "lib/spf/client_names.hpp"

namespace postern::spf {
namespace {

class Walk {
 public:
  Walk(MacroValues& values, const Limits& limits, dns::Lookups& lookups)
      : values_(values), terms_left_(limits.terms), lookups_(lookups) {}

  // The domains whose records are known to be needed, in the order in which they were found.
  std::vector<std::string> domains;

  // Notes the questions of one record.
  void visit(const std::string& domain, const Record& record) {
    values_.domain = domain;
    for (const Directive& directive : record.directives) {
      if (is_certain_match(directive)) return;
      if (asks_dns(directive.mechanism) && !note(directive, domain)) return;
    }
    if (record.redirect && take_term()) follow(name_of(*record.redirect));
  }

 private:
  // Terms behind this one are not reached.
  bool is_certain_match(const Directive& directive) const {
    if (directive.mechanism == Mechanism::all) return true;
    const bool is_network =
        directive.mechanism == Mechanism::ip4 || directive.mechanism == Mechanism::ip6;
    return is_network && directive.network.contains(values_.client_ip);
  }

  bool take_term() {
    if (terms_left_ == 0) return false;
    --terms_left_;
    return true;
  }

  // A target with %{p} is not known before other answers are.
  std::optional<std::string> name_of(const MacroString& target) const {
    if (target.needs_client_name) return std::nullopt;
    return expand_name(target, values_);
  }

  void follow(const std::optional<std::string>& domain) {
    if (!domain) return;
    lookups_.expect(*domain, dns::Type::txt);
    domains.push_back(*domain);
  }

  // False when no term is left.
  bool note(const Directive& directive, const std::string& domain) {
    if (!take_term()) return false;
    const auto name = directive.target ? name_of(*directive.target) : domain;
    if (!name) return true;
    if (directive.mechanism == Mechanism::include) {
      follow(name);
      return true;
    }
    const auto question = first_question(directive.mechanism, *name, values_.client_ip);
    lookups_.expect(question.name, question.type);
    return true;
  }

  MacroValues& values_;
  unsigned terms_left_;
  dns::Lookups& lookups_;
};

}  // namespace

dns::Question first_question(Mechanism mechanism, const std::string& name,
                             const IpAddress& client_ip) {
  switch (mechanism) {
    case Mechanism::a: return {name, address_type(client_ip)};
    case Mechanism::mx: return {name, dns::Type::mx};
    case Mechanism::ptr: return {reverse_name(client_ip), dns::Type::ptr};
    case Mechanism::exists: return {name, dns::Type::a};
    case Mechanism::include:
    case Mechanism::all:
    case Mechanism::ip4:
    case Mechanism::ip6: break;
  }
  return {name, dns::Type::txt};
}

void look_ahead(const std::string& domain, MacroValues& values, const Limits& limits,
                Policies& policies, dns::Lookups& lookups) {
  Walk walk(values, limits, lookups);
  walk.domains.push_back(domain);
  // Each further domain takes a term, so the loop ends.
  for (std::size_t i = 0; i < walk.domains.size(); ++i) {
    const std::string current = walk.domains[i];
    const Policy& policy = policies.find(current, lookups);
    // Either not known yet, or the end of the check once evaluation gets there.
    if (policy.state != Policy::State::found) return;
    walk.visit(current, policy.record);
  }
}

}  // namespace postern::spf
