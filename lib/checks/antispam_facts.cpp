#include "lib/checks/antispam_facts.hpp"

#include <algorithm>

#include "lib/antispam/filter/date_text.hpp"
#include "lib/authres/result.hpp"
#include "lib/base/ascii.hpp"

namespace postern::checks {
namespace {

using authres::Result;

std::string word(Result result) {
  return std::string(authres::to_token(result));
}

void add_domain(std::vector<std::string>& domains, std::string_view domain) {
  std::string lower = ascii::to_lower(domain);
  if (!lower.empty() && std::find(domains.begin(), domains.end(), lower) == domains.end()) {
    domains.push_back(std::move(lower));
  }
}

std::string_view domain_part(std::string_view address) {
  const std::size_t at = address.rfind('@');
  return at == std::string_view::npos ? std::string_view() : address.substr(at + 1);
}

void add_signatures(antispam::AuthenticationFacts& facts,
                    const std::vector<dkim::Outcome>& signatures) {
  facts.dkim_signed = !signatures.empty();
  for (const dkim::Outcome& signature : signatures) {
    add_domain(facts.dkim_domains, signature.domain);
    facts.dkim_testing = facts.dkim_testing || signature.testing;
    if (signature.result == Result::temperror) {
      add_domain(facts.dkim_temperror_domains, signature.domain);
    }
    if (signature.result != Result::pass) continue;
    facts.dkim_valid = true;
    const std::string_view agent = domain_part(signature.agent_id);
    add_domain(facts.dkim_valid_domains, agent.empty() ? signature.domain : agent);
    add_domain(facts.dkim_valid_signers, signature.domain);
  }
}

constexpr std::size_t max_shown = 512;  // of what a peer said

// A peer's name of itself within our Received field. Rules read that field as they read those of
// strangers: nothing but what host names and address literals are made of may stand in it, or it
// would say who else sent the message, that somebody logged in, or where the field ends.
std::string as_host(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, max_shown)) {
    const bool is_kept =
        ascii::is_alpha(c) || ascii::is_digit(c) || c == '.' || c == '-' || c == '_' || c == ':';
    out += is_kept ? c : '!';  // as SpamAssassin writes brackets and the like
  }
  return out;
}

// A peer's address within angle brackets of ours.
std::string as_path(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, max_shown)) {
    const bool is_kept =
        ascii::is_printable(c) && c != ' ' && c != '<' && c != '>' && c != '(' && c != ')';
    out += is_kept ? c : '?';
  }
  return out;
}

void append_with_lf(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find("\r\n"), text.size());
    out += text.substr(0, end);
    text.remove_prefix(end);
    if (!text.empty()) {
      out += '\n';
      text.remove_prefix(2);
    }
  }
}

}  // namespace

antispam::AuthenticationFacts authentication_facts(const verdict::Findings& findings) {
  antispam::AuthenticationFacts facts;
  if (findings.spf) facts.spf_mfrom = word(findings.spf->result);
  if (findings.spf_helo) facts.spf_helo = word(findings.spf_helo->result);
  if (findings.dkim) add_signatures(facts, *findings.dkim);
  if (findings.dmarc) {
    facts.dmarc = word(findings.dmarc->result);
    facts.dmarc_policy = std::string(to_token(findings.dmarc->policy));
  }
  if (findings.arc) facts.arc = word(findings.arc->result);
  return facts;
}

std::vector<std::string> vouched_domains(const verdict::Findings& findings) {
  std::vector<std::string> domains;
  if (findings.spf && findings.spf->result == Result::pass) {
    add_domain(domains, findings.spf->domain);
  }
  for (const dkim::Outcome& signature : findings.dkim.value_or(std::vector<dkim::Outcome>())) {
    if (signature.result == Result::pass) add_domain(domains, signature.domain);
  }
  if (findings.dmarc && findings.dmarc->result == Result::pass) {
    add_domain(domains, findings.dmarc->author_domain);
  }
  return domains;
}

std::vector<std::string> claimed_domains(const verdict::Findings& findings,
                                         const verdict::Envelope& envelope) {
  std::vector<std::string> domains = vouched_domains(findings);
  add_domain(domains, domain_part(envelope.rfc5321_mail_from));
  for (const auto& author : findings.authors.value_or(mail::Authors()).domains) {
    add_domain(domains, author);
  }
  return domains;
}

std::string delivered_text(const verdict::Envelope& envelope, const Content& content,
                           std::int64_t now) {
  const std::string name = envelope.client_name.empty() ? "unknown" : as_host(envelope.client_name);
  // Who does not say a name is called by the one that DNS has, as in the MTA's own field.
  const std::string helo = envelope.helo.empty() ? name : as_host(envelope.helo);
  std::string out = "Return-Path: <" + as_path(envelope.rfc5321_mail_from) + ">\n";
  out.reserve(out.size() + content.header_text().size() + content.body().size() + 512);
  out += "Received: from " + helo + " (" + name + " [" +
         (envelope.client_ip.is_v4() ? "" : "IPv6:") + envelope.client_ip.text() + "])\n\tby " +
         envelope.receiver + " (Postfix) with ESMTP id 0";
  out += "; " + antispam::date_text(now) + "\n";
  append_with_lf(out, content.header_text());
  out += '\n';
  append_with_lf(out, content.body());
  return out;
}

}  // namespace postern::checks
