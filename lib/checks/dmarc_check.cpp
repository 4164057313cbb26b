#include "lib/checks/dmarc_check.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/mail/imitation.hpp"

namespace postern::checks {
namespace {

using authres::Result;

struct DmarcSettings {
  bool enabled = true;
};

constexpr std::array dmarc_table = {
    config::row<&DmarcSettings::enabled>(
        "dmarc.enabled", "true",
        "Whether DMARC is evaluated. It rests on what spf and dkim found, so leave those on too."),
};

void add_once(std::vector<std::string>& domains, const std::string& domain) {
  if (domain.empty() || std::find(domains.begin(), domains.end(), domain) != domains.end()) return;
  domains.push_back(domain);
}

// Identifiers as far as they are authenticated. Only MAIL FROM counts of SPF, never HELO, and a
// signature that leaves part of the body unsigned does not speak for the message.
dmarc::Request make_request(const Context& context) {
  const verdict::Findings& findings = context.findings;
  dmarc::Request request;
  if (findings.authors) request.author_domains = findings.authors->domains;
  if (findings.spf && !context.envelope.rfc5321_mail_from.empty()) {
    if (findings.spf->result == Result::pass) request.spf_domain = findings.spf->domain;
    if (findings.spf->result == Result::temperror)
      request.spf_temperror_domain = findings.spf->domain;
  }
  if (!findings.dkim) return request;
  for (const dkim::Outcome& signature : *findings.dkim) {
    if (signature.result == Result::pass && !signature.partial_body) {
      add_once(request.dkim_domains, signature.domain);
    }
    if (signature.result == Result::temperror) {
      add_once(request.dkim_temperror_domains, signature.domain);
    }
  }
  return request;
}

// A From that can be read in more than one way, or not at all, is never a pass. Where one reading
// fails, its policy applies; where all of them pass, there is nothing to apply.
void note_problem_of_author(dmarc::Outcome& outcome, const mail::Authors& authors) {
  if (authors.problem.empty()) return;
  if (outcome.result == Result::temperror || outcome.result == Result::fail) return;
  outcome.result = Result::permerror;
  outcome.policy = dmarc::Policy::none;
  outcome.reason = authors.problem;
}

Progress run_dmarc(Context& context, const DmarcSettings& /*settings*/, Memory& /*memory*/) {
  if (!context.findings.authors) {
    context.findings.authors = mail::find_authors(*context.header, context.services.to_ascii);
    for (std::string& defect : mail::imitations(*context.header, context.findings.authors->domains,
                                                context.services.to_unicode)) {
      context.findings.defects.push_back(std::move(defect));
    }
  }
  auto evaluated = dmarc::evaluate(make_request(context), context.answers);
  if (!evaluated.is_done()) return {false, std::move(evaluated).missing()};
  // Until spf and dkim are done, what they have found so far only says what to ask.
  if (context.stage < Stage::body || !context.earlier_done) return {};
  dmarc::Outcome outcome = std::move(evaluated).result();
  note_problem_of_author(outcome, *context.findings.authors);
  context.findings.dmarc = std::move(outcome);
  return {true, {}};
}

}  // namespace

constinit const Check dmarc_check = make_check<run_dmarc, dmarc_table, DmarcSettings>(
    "dmarc", Stage::header, false,
    "Did the author's domain authenticate the message, and what does it ask for if not? (RFC "
    "9989)");

}  // namespace postern::checks
