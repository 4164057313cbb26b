// Evals that compare an address in the author's name with the author's address
// (Mail::SpamAssassin::Plugin::FromNameSpoof, with its defaults: no fns_ options).
#include <algorithm>
#include <array>

#include "lib/antispam/evals/addresses.hpp"
#include "lib/antispam/evals/arguments.hpp"
#include "lib/antispam/evals/eval_tables.hpp"
#include "lib/antispam/message/environment.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

using Values = std::span<const std::string>;

struct FromNameFacts {
  bool is_known = false;
  bool has_address = false;
  bool is_address_different = false, is_domain_different = false, is_owner_different = false;
  bool is_reply_to = false, is_recipient = false;
};

std::string domain_behind(EvalContext& context, const std::string& address) {
  return context.message.environment().boundaries.host_and_domain("mailto:" + address).second;
}

/// The first label stands for who owns the domain.
std::string_view owner_of(std::string_view domain) {
  const std::size_t dot = domain.find('.');
  return dot == 0 ? domain : domain.substr(0, dot);
}

/// Octets that are not part of the address, those without letters and digits twice.
std::size_t distance(std::string_view name, std::string_view address) {
  const auto marks = [](std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return !ascii::is_alnum(c); }));
  };
  return name.size() - address.size() + marks(name) - marks(address);
}

std::string address_in(const EvalContext& context, const std::string& name) {
  constexpr std::string_view address = R"(\b([\w.!#$%&'*+/=?^`{|}~-]+@\w[\w-]*\.\w[\w.-]++)\b)";
  const Regex* regex = context.regexes.regex(address);
  const RegexMatch match = regex == nullptr ? RegexMatch() : regex->find(name);
  return match ? name.substr(match.begin, match.end - match.begin) : std::string();
}

FromNameFacts find_facts(EvalContext& context) {
  constexpr std::size_t max_distance = 50;  // fns_extrachars
  FromNameFacts facts = {.is_known = true};
  const std::string from = ascii::to_lower(context.message.header_text("From:addr"));
  const std::string name = ascii::to_lower(context.message.header_text("From:name"));
  const std::string from_domain = domain_behind(context, from);
  const std::string named = from_domain.empty() ? std::string() : address_in(context, name);
  const std::string named_domain = named.empty() ? std::string() : domain_behind(context, named);
  if (named_domain.empty()) return facts;
  facts.has_address = true;
  if (distance(name, named) > max_distance) return facts;
  const std::vector<std::string>& recipients = all_to_addresses(context);
  facts.is_address_different = named != from;
  facts.is_domain_different = named_domain != from_domain;
  facts.is_owner_different = owner_of(named_domain) != owner_of(from_domain);
  facts.is_reply_to = named == ascii::to_lower(context.message.header_text("Reply-To:addr"));
  facts.is_recipient = std::find(recipients.begin(), recipients.end(), named) != recipients.end();
  return facts;
}

const FromNameFacts& from_name_facts(EvalContext& context) {
  auto& facts = context.memory.get<FromNameFacts>();
  if (!facts.is_known) facts = find_facts(context);
  return facts;
}

template <bool FromNameFacts::*fact>
double has_fact(EvalContext& context, Values) {
  return from_name_facts(context).*fact;
}

/// 0: the addresses differ; 1, if nothing is said: their owners too; 2: their domains too.
double check_fromname_spoof(EvalContext& context, Values values) {
  const FromNameFacts& facts = from_name_facts(context);
  const std::string_view level = Arguments(values).text(0);
  return facts.is_address_different &&
         (level == "0" || (level == "2" ? facts.is_domain_different : facts.is_owner_different));
}

constexpr std::array rows = {
    Eval{"check_fromname_contains_email", "FromNameSpoof", has_fact<&FromNameFacts::has_address>},
    Eval{"check_fromname_different", "FromNameSpoof",
         has_fact<&FromNameFacts::is_address_different>},
    Eval{"check_fromname_domain_differ", "FromNameSpoof",
         has_fact<&FromNameFacts::is_domain_different>},
    Eval{"check_fromname_equals_replyto", "FromNameSpoof", has_fact<&FromNameFacts::is_reply_to>},
    Eval{"check_fromname_equals_to", "FromNameSpoof", has_fact<&FromNameFacts::is_recipient>},
    Eval{"check_fromname_owners_differ", "FromNameSpoof",
         has_fact<&FromNameFacts::is_owner_different>},
    Eval{"check_fromname_spoof", "FromNameSpoof", check_fromname_spoof},
};

}  // namespace

std::span<const Eval> fromname_evals() {
  return rows;
}

}  // namespace postern::antispam
