// Evals over what SPF, DMARC, and ARC say (Mail::SpamAssassin::Plugin::SPF, DMARC, DKIM): answered
// from Postern's own checks. Without those, as SpamAssassin with local tests only: no rule hits.
#include <algorithm>
#include <array>

#include "lib/antispam/evals/arguments.hpp"
#include "lib/antispam/evals/eval_tables.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

using Values = std::span<const std::string>;

// --- SPF ---

enum class Spf { none, neutral, pass, fail, softfail, temperror, permerror };

constexpr std::string_view word(Spf result) {
  switch (result) {
    case Spf::none: return "none";
    case Spf::neutral: return "neutral";
    case Spf::pass: return "pass";
    case Spf::fail: return "fail";
    case Spf::softfail: return "softfail";
    case Spf::temperror: return "temperror";
    case Spf::permerror: return "permerror";
  }
  return "";
}

bool has_passed(const EvalContext& context) {
  return context.authentication != nullptr && context.authentication->spf_mfrom == word(Spf::pass);
}

template <Spf result>
double check_for_spf(EvalContext& context, Values) {
  return context.authentication != nullptr && context.authentication->spf_mfrom == word(result);
}

template <Spf result>
double check_for_spf_helo(EvalContext& context, Values) {
  return context.authentication != nullptr && context.authentication->spf_helo == word(result);
}

/// Of the relay that handed the mail to us; else, if no relay of ours stands between, as the
/// message says. Lower case; empty: not known, or the null sender.
std::string spf_sender(EvalContext& context) {
  const RelayChain& relays = context.message.relays();
  if (!relays.external.empty() && !relays.external.front().envfrom.empty()) {
    return ascii::to_lower(relays.external.front().envfrom);
  }
  const bool is_ours = !relays.trusted.empty();
  if (is_ours && !context.message.options().always_trust_envelope_sender) return {};
  return ascii::to_lower(context.message.header_text("EnvelopeFrom:addr"));
}

bool is_welcome(EvalContext& context, const AddressGlobs& by_spf, const AddressGlobs& by_any) {
  if (!has_passed(context) || (by_spf.empty() && by_any.empty())) return false;
  const std::string sender = spf_sender(context);
  return !sender.empty() && (any_glob_matches(by_spf, sender) || any_glob_matches(by_any, sender));
}

double check_for_spf_welcomelist_from(EvalContext& context, Values) {
  const Options& options = context.message.options();
  return is_welcome(context, options.welcomelist_from_spf, options.welcomelist_auth);
}

double check_for_def_spf_welcomelist_from(EvalContext& context, Values) {
  const Options& options = context.message.options();
  return is_welcome(context, options.def_welcomelist_from_spf, options.def_welcomelist_auth);
}

double check_spf_skipped_noenvfrom(EvalContext& context, Values) {
  return spf_sender(context).empty() && !context.message.envelope_from();
}

// --- DMARC ---

bool has_failed_dmarc(const EvalContext& context, std::string_view policy) {
  return context.authentication != nullptr && context.authentication->dmarc == "fail" &&
         context.authentication->dmarc_policy == policy;
}

double check_dmarc_pass(EvalContext& context, Values) {
  return context.authentication != nullptr && context.authentication->dmarc == "pass";
}

double check_dmarc_reject(EvalContext& context, Values) {
  return has_failed_dmarc(context, "reject");
}

double check_dmarc_quarantine(EvalContext& context, Values) {
  return has_failed_dmarc(context, "quarantine");
}

double check_dmarc_none(EvalContext& context, Values) {
  return has_failed_dmarc(context, "none");
}

double check_dmarc_missing(EvalContext& context, Values) {
  return context.authentication != nullptr && context.authentication->dmarc == "none";
}

// --- ARC ---

/// Domains as arguments are no use here: SpamAssassin then says no.
double check_arc_signed(EvalContext& context, Values values) {
  return context.authentication != nullptr && values.empty() &&
         !context.authentication->arc.empty() && context.authentication->arc != "none";
}

double check_arc_valid(EvalContext& context, Values values) {
  return context.authentication != nullptr && values.empty() &&
         context.authentication->arc == "pass";
}

constexpr std::array rows = {
    Eval{"check_arc_signed", "DKIM", check_arc_signed, true},
    Eval{"check_arc_valid", "DKIM", check_arc_valid, true},
    Eval{"check_dmarc_missing", "DMARC", check_dmarc_missing, true},
    Eval{"check_dmarc_none", "DMARC", check_dmarc_none, true},
    Eval{"check_dmarc_pass", "DMARC", check_dmarc_pass, true},
    Eval{"check_dmarc_quarantine", "DMARC", check_dmarc_quarantine, true},
    Eval{"check_dmarc_reject", "DMARC", check_dmarc_reject, true},
    Eval{"check_for_def_spf_welcomelist_from", "SPF", check_for_def_spf_welcomelist_from, true},
    Eval{"check_for_def_spf_whitelist_from", "SPF", check_for_def_spf_welcomelist_from, true},
    Eval{"check_for_spf_fail", "SPF", check_for_spf<Spf::fail>, true},
    Eval{"check_for_spf_helo_fail", "SPF", check_for_spf_helo<Spf::fail>, true},
    Eval{"check_for_spf_helo_neutral", "SPF", check_for_spf_helo<Spf::neutral>, true},
    Eval{"check_for_spf_helo_none", "SPF", check_for_spf_helo<Spf::none>, true},
    Eval{"check_for_spf_helo_pass", "SPF", check_for_spf_helo<Spf::pass>, true},
    Eval{"check_for_spf_helo_permerror", "SPF", check_for_spf_helo<Spf::permerror>, true},
    Eval{"check_for_spf_helo_softfail", "SPF", check_for_spf_helo<Spf::softfail>, true},
    Eval{"check_for_spf_helo_temperror", "SPF", check_for_spf_helo<Spf::temperror>, true},
    Eval{"check_for_spf_neutral", "SPF", check_for_spf<Spf::neutral>, true},
    Eval{"check_for_spf_none", "SPF", check_for_spf<Spf::none>, true},
    Eval{"check_for_spf_pass", "SPF", check_for_spf<Spf::pass>, true},
    Eval{"check_for_spf_permerror", "SPF", check_for_spf<Spf::permerror>, true},
    Eval{"check_for_spf_softfail", "SPF", check_for_spf<Spf::softfail>, true},
    Eval{"check_for_spf_temperror", "SPF", check_for_spf<Spf::temperror>, true},
    Eval{"check_for_spf_welcomelist_from", "SPF", check_for_spf_welcomelist_from, true},
    Eval{"check_for_spf_whitelist_from", "SPF", check_for_spf_welcomelist_from, true},
    Eval{"check_spf_skipped_noenvfrom", "SPF", check_spf_skipped_noenvfrom},
};

}  // namespace

std::span<const Eval> authentication_evals() {
  return rows;
}

}  // namespace postern::antispam
