#include "lib/report/header_fields.hpp"

#include <algorithm>

#include "lib/base/ascii.hpp"

namespace postern::report {
namespace {

using authres::Method;
using authres::ResInfo;
using authres::Result;

constexpr std::size_t max_symbols = 50;  // shown of the rules that hit

ResInfo statement(Method method, Result result) {
  ResInfo info;
  info.method = method;
  info.result = result;
  return info;
}

// A statement about SPF names the identity that was checked (RFC 8601 §2.7.2). For the null sender
// MAIL FROM stands for postmaster at HELO, so only the HELO statement would say anything.
void add_spf(std::vector<ResInfo>& results, const verdict::Findings& findings,
             const verdict::Envelope& envelope) {
  const bool null_sender = envelope.rfc5321_mail_from.empty();
  if (findings.spf && !null_sender) {
    ResInfo info = statement(Method::spf, findings.spf->result);
    info.reason = findings.spf->problem;
    info.properties.push_back({"smtp.mailfrom", envelope.rfc5321_mail_from});
    results.push_back(std::move(info));
  }
  if (findings.spf_helo && (null_sender || findings.spf_helo->result != Result::none)) {
    ResInfo info = statement(Method::spf, findings.spf_helo->result);
    info.reason = findings.spf_helo->problem;
    info.properties.push_back({"smtp.helo", envelope.helo});
    results.push_back(std::move(info));
  }
}

void add_dkim(std::vector<ResInfo>& results, const std::vector<dkim::Outcome>& signatures) {
  if (signatures.empty()) results.push_back(statement(Method::dkim, Result::none));
  for (const dkim::Outcome& signature : signatures) {
    ResInfo info = statement(Method::dkim, signature.result);
    info.reason = signature.reason;
    if (signature.testing) info.comment = "the key says testing";
    info.properties.reserve(5);
    const auto add = [&](const char* name, const std::string& value) {
      if (!value.empty()) info.properties.push_back({name, value});
    };
    add("header.d", signature.domain);
    add("header.i", signature.agent_id);
    add("header.s", signature.selector);
    add("header.a", signature.algorithm);
    add("header.b", signature.signature_prefix);
    results.push_back(std::move(info));
  }
}

void add_arc(std::vector<ResInfo>& results, const arc::Outcome& chain) {
  ResInfo info = statement(Method::arc, chain.result);
  info.reason = chain.reason;
  if (chain.result == Result::pass) {
    info.comment = "i=" + std::to_string(chain.instances);
    info.properties.push_back({"header.oldest-pass", std::to_string(chain.oldest_pass)});
  }
  results.push_back(std::move(info));
}

void add_dmarc(std::vector<ResInfo>& results, const dmarc::Outcome& outcome,
               const std::string& override_reason) {
  ResInfo info = statement(Method::dmarc, outcome.result);
  info.reason = outcome.reason;
  if (outcome.result != Result::none) info.comment = "p=" + std::string(to_token(outcome.policy));
  if (!override_reason.empty()) info.comment += ", not applied: " + override_reason;
  if (!outcome.author_domain.empty())
    info.properties.push_back({"header.from", outcome.author_domain});
  results.push_back(std::move(info));
}

// What this field says is ours or has been checked, but it is written through one gate all the
// same.
std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) out += ascii::is_printable(c) && c != '"' && c != '\\' ? c : '?';
  return out;
}

// "; spam=yes; score=7.4", and each rule that hit, the weightiest first. Where the budget was over,
// "temperror" and what was found until then.
std::string spam_statement(const antispam::Outcome& outcome) {
  using Spam = antispam::Outcome::Result;
  const bool is_judged = outcome.result == Spam::ham || outcome.result == Spam::spam;
  std::string text = "; spam=";
  text += !is_judged ? to_word(outcome.result) : outcome.result == Spam::spam ? "yes" : "no";
  if (!is_judged && !outcome.over_budget) return text;
  text += "; score=" + antispam::score_text(outcome.score);
  if (!outcome.listed.empty()) text += ";\n\tlisted=\"" + printable(outcome.listed) + "\"";
  for (std::size_t i = 0; i < outcome.hits.size() && i < max_symbols; ++i) {
    text += ";\n\tsymbol=" + printable(outcome.hits[i].first);
  }
  return text;
}

// What is known of the sender in one word for each method, for the rules of users.
std::string summary(const verdict::Findings& findings) {
  std::string text;
  const auto add = [&text](std::string_view method, Result result) {
    text.append("; ").append(method).append("=").append(authres::to_token(result));
  };
  if (findings.spf) add("spf", findings.spf->result);
  if (findings.dkim) {
    const auto& signatures = *findings.dkim;
    const bool passes = std::any_of(signatures.begin(), signatures.end(),
                                    [](const auto& one) { return one.result == Result::pass; });
    add("dkim", passes               ? Result::pass
                : signatures.empty() ? Result::none
                                     : signatures.front().result);
  }
  if (findings.arc) add("arc", findings.arc->result);
  if (findings.dmarc) add("dmarc", findings.dmarc->result);
  if (findings.antispam) text += spam_statement(*findings.antispam);
  return text;
}

// "virus=clean", or another word, or the name of a virus in quotes: rules of users tell them apart
// by these, so a name that says "clean" must not be one.
std::string virus_statement(const antivirus::Report& report) {
  const antivirus::Outcome worst = antivirus::gravest(report);
  const std::string word(to_word(worst.result));
  if (worst.result != antivirus::Result::infected) return "virus=" + word;
  const bool is_word = worst.name.empty() || antivirus::parse_result(worst.name).has_value();
  return "virus=\"" + (is_word ? word + " " + worst.name : printable(worst.name)) + "\"";
}

std::string verdict_body(const Verdict& verdict, disposition::Mode mode) {
  const disposition::Decision& decision = verdict.decision;
  std::string body = "action=" + std::string(to_word(decision.action));
  if (mode == disposition::Mode::observe)
    body += "; observed=" + std::string(to_word(decision.wanted));
  body += summary(verdict.findings);
  if (verdict.findings.attachments) {
    const attachments::Finding* const worst = gravest(*verdict.findings.attachments);
    body += ";\n\tattachments=" + std::string(worst == nullptr ? "ok" : to_word(worst->kind));
  }
  if (verdict.findings.antivirus) {
    body += ";\n\t" + virus_statement(*verdict.findings.antivirus);
  }
  if (!decision.reason.empty()) body += ";\n\treason=\"" + printable(decision.reason) + "\"";
  if (!decision.override_reason.empty()) {
    body += ";\n\toverride=\"" + printable(decision.override_reason) + "\"";
  }
  for (const std::string& limit : verdict.findings.limits) body += ";\n\tlimit=" + printable(limit);
  for (const std::string& defect : verdict.findings.defects)
    body += ";\n\tdefect=" + printable(defect);
  return body;
}

}  // namespace

std::vector<ResInfo> results(const Verdict& verdict, const verdict::Envelope& envelope) {
  std::vector<ResInfo> results;
  results.reserve(5 + (verdict.findings.dkim ? verdict.findings.dkim->size() : 0));
  add_spf(results, verdict.findings, envelope);
  if (verdict.findings.dkim) add_dkim(results, *verdict.findings.dkim);
  if (verdict.findings.arc) add_arc(results, *verdict.findings.arc);
  if (verdict.findings.dmarc) {
    add_dmarc(results, *verdict.findings.dmarc, verdict.decision.override_reason);
  }
  return results;
}

std::vector<NewField> header_fields(const Verdict& verdict, const verdict::Envelope& envelope,
                                    std::string_view authserv_id,
                                    const disposition::Enforcement& enforcement) {
  std::vector<NewField> fields;
  fields.reserve(2);
  fields.push_back(
      {std::string(results_field_name), authres::format(authserv_id, results(verdict, envelope))});
  fields.push_back({std::string(verdict_field_name), verdict_body(verdict, enforcement.mode)});
  // Rules of users act on X-Spam-*: they are written only where what they say is carried out.
  if (verdict.findings.antispam && enforcement.covers("antispam")) {
    for (const antispam::SpamHeader& header : verdict.findings.antispam->headers) {
      fields.push_back({header.name, header.value});
    }
  }
  return fields;
}

}  // namespace postern::report
