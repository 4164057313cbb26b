#include "lib/checks/earlier_results.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "lib/authres/parse.hpp"
#include "lib/base/ascii.hpp"
#include "lib/mail/message.hpp"
#include "lib/report/field_names.hpp"
#include "lib/report/verdict_field.hpp"

namespace postern::checks {
namespace {

using authres::ReportedResult;
using authres::Result;
using Fields = std::span<const mail::HeaderField>;

bool is_named(const mail::HeaderField& field, std::string_view name) {
  return ascii::equals_ignoring_case(field.name, name);
}

std::string_view domain_part(std::string_view address) {
  return address.substr(std::min(address.rfind('@') + 1, address.size()));
}

// The address of Return-Path, without angle brackets.
std::string return_path(Fields fields) {
  const auto found = std::find_if(fields.begin(), fields.end(), [](const mail::HeaderField& field) {
    return is_named(field, "Return-Path");
  });
  if (found == fields.end()) return {};
  std::string_view path = ascii::trim(found->body);
  if (path.starts_with('<') && path.ends_with('>')) path = path.substr(1, path.size() - 2);
  return std::string(path);
}

// Of several the first one: the milter writes one.
const mail::HeaderField* own_results(Fields fields, std::string_view authserv_id) {
  const auto own = report::own_fields(fields);
  if (!own) return nullptr;
  for (std::size_t i = own->begin; i < own->received; ++i) {
    if (!is_named(fields[i], report::results_field_name)) continue;
    const auto id = authres::parse_authserv_id(fields[i].body);
    if (id && *id == authserv_id) return &fields[i];
  }
  return nullptr;
}

// What the domain asks for stands in a comment behind the result, and nothing of a peer's may
// stand in this place or behind it but a domain name.
dmarc::Policy policy_in(const std::string& body) {
  constexpr std::string_view mark = "(p=";
  const std::size_t at = body.rfind(mark);
  if (at == body.npos) return dmarc::Policy::none;
  const std::string_view asked = std::string_view(body).substr(at + mark.size());
  for (const dmarc::Policy policy : {dmarc::Policy::reject, dmarc::Policy::quarantine}) {
    if (asked.starts_with(to_token(policy))) return policy;
  }
  return dmarc::Policy::none;
}

void add(EarlierResults& found, const ReportedResult& reported, const std::string& body) {
  const auto result = authres::parse_result(reported.result);
  if (!result) return;
  verdict::Findings& findings = found.findings;
  const auto value = [&reported](std::string_view type, std::string_view name) {
    return std::string(reported.value_of(type, name));
  };
  if (reported.method == "spf") {
    spf::Outcome outcome;
    outcome.result = *result;
    const std::string sender = value("smtp", "mailfrom");
    outcome.domain = domain_part(sender.empty() ? value("smtp", "helo") : sender);
    if (!sender.empty()) found.envelope.rfc5321_mail_from = sender;
    (sender.empty() ? findings.spf_helo : findings.spf) = std::move(outcome);
  } else if (reported.method == "dkim") {
    if (!findings.dkim) findings.dkim.emplace();
    dkim::Outcome signature;
    signature.result = *result;
    signature.domain = value("header", "d");
    signature.agent_id = value("header", "i");
    if (*result != Result::none) findings.dkim->push_back(std::move(signature));
  } else if (reported.method == "dmarc") {
    findings.dmarc.emplace();
    findings.dmarc->result = *result;
    findings.dmarc->policy = policy_in(body);
    findings.dmarc->author_domain = value("header", "from");
  } else if (reported.method == "arc") {
    findings.arc.emplace();
    findings.arc->result = *result;
  }
}

// The milter leaves out a result of HELO that says nothing, and that of the null sender, which is
// that of HELO.
void complete_spf(verdict::Findings& findings) {
  if (findings.spf && !findings.spf_helo) findings.spf_helo.emplace();
  if (findings.spf_helo && !findings.spf) findings.spf = findings.spf_helo;
}

}  // namespace

EarlierResults earlier_results(std::string_view message, std::string_view authserv_id,
                               mail::ToAsciiDomain to_ascii) {
  EarlierResults found;
  const mail::Message parsed = mail::parse_message(message);
  const Fields fields = parsed.header.fields();
  found.findings.authors = mail::find_authors(parsed.header, to_ascii);
  found.envelope.rfc5321_mail_from = return_path(fields);
  const mail::HeaderField* field = own_results(fields, authserv_id);
  if (field == nullptr) return found;
  const auto results = authres::parse(field->body);
  if (!results) return found;
  found.is_ours = true;
  const std::string body = mail::unfold(field->body);
  for (const ReportedResult& reported : results->results) add(found, reported, body);
  complete_spf(found.findings);
  return found;
}

}  // namespace postern::checks
