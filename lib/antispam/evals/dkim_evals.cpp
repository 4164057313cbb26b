// Evals over DKIM signatures (Mail::SpamAssassin::Plugin::DKIM), answered from Postern's own check.
// Without it, as SpamAssassin with local tests only: no rule hits.
#include <algorithm>
#include <array>

#include "lib/antispam/evals/arguments.hpp"
#include "lib/antispam/evals/eval_tables.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

using Values = std::span<const std::string>;
using Domains = std::vector<std::string>;

bool contains(const Domains& domains, std::string_view domain) {
  return std::find(domains.begin(), domains.end(), domain) != domains.end();
}

bool is_below(std::string_view domain, std::string_view parent) {
  return domain.size() > parent.size() && domain[domain.size() - parent.size() - 1] == '.' &&
         ascii::equals_ignoring_case(domain.substr(domain.size() - parent.size()), parent);
}

/// "example.com", or with all below it "*.example.com" or ".example.com".
bool is_accepted(std::string_view domain, std::string_view accepted) {
  const std::size_t dot = accepted.starts_with("*.") ? 1 : 0;
  if (!accepted.substr(dot).starts_with('.')) {
    return ascii::equals_ignoring_case(domain, accepted);
  }
  const std::string_view parent = accepted.substr(dot + 1);
  return ascii::equals_ignoring_case(domain, parent) || is_below(domain, parent);
}

/// Whether one of the domains is among the accepted; without arguments any will do.
bool has_accepted(const Domains& domains, Values accepted) {
  return std::any_of(domains.begin(), domains.end(), [&](const std::string& domain) {
    return accepted.empty() || std::any_of(accepted.begin(), accepted.end(),
                                           [&](const auto& a) { return is_accepted(domain, a); });
  });
}

Domains author_domains(EvalContext& context) {
  Domains domains;
  for (const std::string& author : context.message.header_values("From:addr")) {
    const std::string domain = ascii::to_lower(ascii::trim(domain_of(author)));
    if (!domain.empty() && !contains(domains, domain)) domains.push_back(domain);
  }
  return domains;
}

/// Those of `domains` that are also in `others`.
Domains common(const Domains& domains, const Domains& others) {
  Domains both;
  std::copy_if(domains.begin(), domains.end(), std::back_inserter(both),
               [&](const std::string& domain) { return contains(others, domain); });
  return both;
}

double check_dkim_signed(EvalContext& context, Values values) {
  const AuthenticationFacts* facts = context.authentication;
  return facts != nullptr && facts->dkim_signed &&
         (values.empty() || has_accepted(facts->dkim_domains, values));
}

double check_dkim_valid(EvalContext& context, Values values) {
  const AuthenticationFacts* facts = context.authentication;
  return facts != nullptr && facts->dkim_valid &&
         (values.empty() || has_accepted(facts->dkim_valid_domains, values));
}

double check_dkim_valid_author_sig(EvalContext& context, Values values) {
  const AuthenticationFacts* facts = context.authentication;
  return facts != nullptr && facts->dkim_valid &&
         has_accepted(common(facts->dkim_valid_domains, author_domains(context)), values);
}

double check_dkim_valid_envelopefrom(EvalContext& context, Values) {
  const AuthenticationFacts* facts = context.authentication;
  if (facts == nullptr || !facts->dkim_valid) return 0;
  const std::string sender = context.message.header_text("EnvelopeFrom:addr");
  return contains(facts->dkim_valid_domains, ascii::to_lower(domain_of(sender)));
}

/// The whole message was there to be verified, which it always is.
double check_dkim_dependable(EvalContext& context, Values) {
  return context.authentication != nullptr;
}

double check_dkim_signsome(EvalContext&, Values) {  // SpamAssassin gave it up
  return 0;
}

double check_dkim_testing(EvalContext& context, Values) {
  return context.authentication != nullptr && context.authentication->dkim_testing;
}

// --- ADSP (RFC 5617, historic): what the configuration says of a domain, never DNS ---

constexpr char unknown_practice = 'U';
constexpr char no_such_domain = 'N';

/// Of the domain itself, or of the closest "*.parent".
char overriding_practice(const Options& options, const std::string& domain) {
  const auto practice = [&](const std::string& key) {
    const auto found = options.adsp_overrides.find(key);
    return found == options.adsp_overrides.end() || found->second.empty() ? '\0'
                                                                          : found->second.front();
  };
  if (const char own = practice(domain)) return own;
  for (std::size_t dot = domain.find('.'); dot != domain.npos; dot = domain.find('.', dot + 1)) {
    if (const char parents = practice("*" + domain.substr(dot))) return parents;
  }
  return practice("*");
}

/// Something, a dot, and a last label of letters.
bool is_full_domain(std::string_view domain) {
  const std::size_t dot = domain.rfind('.');
  const std::string_view last = dot == domain.npos ? std::string_view() : domain.substr(dot + 1);
  return dot != 0 && last.size() >= 2 && std::all_of(last.begin(), last.end(), [](char c) {
           return ascii::is_alpha(c) || c == '-';
         });
}

char practice_of(const EvalContext& context, const std::string& domain) {
  const AuthenticationFacts& facts = *context.authentication;
  if (!is_full_domain(domain) || contains(facts.dkim_valid_domains, domain) ||
      contains(facts.dkim_temperror_domains, domain)) {
    return '\0';
  }
  if (const char practice = overriding_practice(context.message.options(), domain)) {
    return practice;
  }
  return facts.author_domain_missing ? no_such_domain : unknown_practice;
}

bool has_practice(EvalContext& context, std::string_view letters, Values accepted) {
  if (context.authentication == nullptr) return false;
  const Domains authors = author_domains(context);
  const bool is_found = std::any_of(authors.begin(), authors.end(), [&](const auto& domain) {
    const char practice = practice_of(context, domain);
    return practice != '\0' && letters.find(practice) != letters.npos;
  });
  return is_found && (accepted.empty() || has_accepted(authors, accepted));
}

double check_dkim_adsp(EvalContext& context, Values values) {
  if (values.empty()) return 0;
  const std::string_view letters = values[0] == "*" ? "NAD123" : std::string_view(values[0]);
  return has_practice(context, letters, values.subspan(1));
}

double check_dkim_signall(EvalContext& context, Values) {
  return has_practice(context, "A", {});
}

// --- welcome lists ---

using Signers = std::vector<std::pair<std::string, std::string>>;

/// What follows "@" of "user@example.com", and "*." in front means below only.
bool is_signer(std::string_view domain, std::string_view signer) {
  const std::size_t at = signer.rfind('@');
  if (at != signer.npos) signer.remove_prefix(at + 1);
  const std::size_t dot = signer.starts_with("*.") ? 1 : 0;
  return signer.substr(dot).starts_with('.') ? is_below(domain, signer.substr(dot + 1))
                                             : ascii::equals_ignoring_case(domain, signer);
}

bool is_signed_for(const EvalContext& context, std::string_view author, std::string_view signer) {
  const Domains& valid = context.authentication->dkim_valid_domains;
  const std::string own = ascii::to_lower(domain_of(author));
  return std::any_of(valid.begin(), valid.end(), [&](const std::string& domain) {
    return signer.empty() ? domain == own : is_signer(domain, signer);
  });
}

bool is_welcome(EvalContext& context, const Signers& signers, const AddressGlobs& authors) {
  if (context.authentication == nullptr || !context.authentication->dkim_valid ||
      (signers.empty() && authors.empty())) {
    return false;
  }
  const std::vector<std::string>& addresses = context.message.header_values("From:addr");
  return std::any_of(addresses.begin(), addresses.end(), [&](const std::string& author) {
    return (any_glob_matches(authors, author) && is_signed_for(context, author, {})) ||
           std::any_of(signers.begin(), signers.end(), [&](const auto& entry) {
             return glob_matches(entry.first, author) &&
                    is_signed_for(context, author, entry.second);
           });
  });
}

double check_for_dkim_welcomelist_from(EvalContext& context, Values) {
  const Options& options = context.message.options();
  return is_welcome(context, options.welcomelist_from_dkim, options.welcomelist_auth);
}

double check_for_def_dkim_welcomelist_from(EvalContext& context, Values) {
  const Options& options = context.message.options();
  return is_welcome(context, options.def_welcomelist_from_dkim, options.def_welcomelist_auth);
}

constexpr std::array rows = {
    Eval{"check_dkim_adsp", "DKIM", check_dkim_adsp, true},
    Eval{"check_dkim_dependable", "DKIM", check_dkim_dependable, true},
    Eval{"check_dkim_signall", "DKIM", check_dkim_signall, true},
    Eval{"check_dkim_signed", "DKIM", check_dkim_signed, true},
    Eval{"check_dkim_signsome", "DKIM", check_dkim_signsome, true},
    Eval{"check_dkim_testing", "DKIM", check_dkim_testing, true},
    Eval{"check_dkim_valid", "DKIM", check_dkim_valid, true},
    Eval{"check_dkim_valid_author_sig", "DKIM", check_dkim_valid_author_sig, true},
    Eval{"check_dkim_valid_envelopefrom", "DKIM", check_dkim_valid_envelopefrom, true},
    Eval{"check_dkim_verified", "DKIM", check_dkim_valid, true},
    Eval{"check_for_def_dkim_welcomelist_from", "DKIM", check_for_def_dkim_welcomelist_from, true},
    Eval{"check_for_def_dkim_whitelist_from", "DKIM", check_for_def_dkim_welcomelist_from, true},
    Eval{"check_for_dkim_welcomelist_from", "DKIM", check_for_dkim_welcomelist_from, true},
    Eval{"check_for_dkim_whitelist_from", "DKIM", check_for_dkim_welcomelist_from, true},
};

}  // namespace

std::span<const Eval> dkim_evals() {
  return rows;
}

}  // namespace postern::antispam
