#include "lib/report/json.hpp"

#include <nlohmann/json.hpp>

namespace postern::report {
namespace {

using nlohmann::ordered_json;

std::string_view to_word(spf::Scope scope) {
  switch (scope) {
    case spf::Scope::mfrom: return "mfrom";
    case spf::Scope::helo: return "helo";
  }
  return "";
}

// As delivered: unfolded, since a consumer of JSON compares lines.
std::string field_line(const NewField& field) {
  std::string line = field.name + ": ";
  for (std::size_t i = 0; i < field.body.size(); ++i) {
    const char c = field.body[i];
    if (c == '\n') continue;
    line += c == '\t' ? ' ' : c;
  }
  return line;
}

}  // namespace

ordered_json to_json(const spf::Outcome& outcome) {
  return {{"result", to_token(outcome.result)}, {"scope", to_word(outcome.scope)},
          {"domain", outcome.domain},           {"explanation", outcome.explanation},
          {"mechanism", outcome.mechanism},     {"reason", outcome.problem},
          {"dns_queries", outcome.dns_queries}};
}

ordered_json to_json(const dkim::Outcome& outcome) {
  return {{"result", to_token(outcome.result)},   {"domain", outcome.domain},
          {"selector", outcome.selector},         {"agent_id", outcome.agent_id},
          {"algorithm", outcome.algorithm},       {"reason", outcome.reason},
          {"key_bits", outcome.key_bits},         {"testing", outcome.testing},
          {"partial_body", outcome.partial_body}, {"dns_queries", outcome.dns_queries}};
}

ordered_json to_json(const arc::Outcome& outcome) {
  ordered_json sealers = ordered_json::array();
  for (const arc::SetInfo& set : outcome.sets) sealers.push_back(set.seal_domain);
  return {{"result", to_token(outcome.result)},
          {"reason", outcome.reason},
          {"instances", outcome.instances},
          {"oldest_pass", outcome.oldest_pass},
          {"sealers", sealers},
          {"dns_queries", outcome.dns_queries}};
}

ordered_json to_json(const dmarc::Outcome& outcome) {
  return {{"result", to_token(outcome.result)},
          {"policy", to_token(outcome.policy)},
          {"author_domain", outcome.author_domain},
          {"organizational_domain", outcome.organizational_domain},
          {"policy_domain", outcome.policy_domain},
          {"aligned", {{"spf", outcome.spf_aligned}, {"dkim", outcome.dkim_aligned}}},
          {"testing", outcome.testing},
          {"reason", outcome.reason},
          {"dns_queries", outcome.dns_queries}};
}

ordered_json to_json(const submission::Outcome& outcome) {
  return {{"result", to_token(outcome.result)},
          {"place", outcome.place},
          {"address", outcome.address},
          {"reason", outcome.problem}};
}

ordered_json to_json(const antivirus::Report& report) {
  const antivirus::Outcome worst = antivirus::gravest(report);
  ordered_json objects = ordered_json::array();
  for (const antivirus::Outcome& outcome : report.outcomes) {
    objects.push_back({{"result", to_word(outcome.result)}, {"name", outcome.name}});
  }
  return {{"result", to_word(worst.result)},
          {"name", worst.name},
          {"objects", objects},
          {"scanner", report.scanner},
          {"signatures", report.generation},
          {"ms", report.took.count()}};
}

ordered_json to_json(const attachments::Outcome& outcome) {
  ordered_json json = ordered_json::array();
  for (const attachments::Finding& finding : outcome.findings) {
    json.push_back({{"kind", to_word(finding.kind)},
                    {"what", finding.what},
                    {"in_archive", finding.in_archive},
                    {"part", finding.part},
                    {"path", finding.path}});
  }
  return json;
}

ordered_json to_json(const antispam::Outcome& outcome) {
  ordered_json rules = ordered_json::object();
  for (const auto& [name, score] : outcome.hits) rules[name] = score;
  return {{"result", to_word(outcome.result)},
          {"reason", outcome.problem},
          {"score", outcome.score},
          {"required", outcome.required},
          {"rules", rules},
          {"listed", outcome.listed},
          {"over_limit", outcome.over_limit},
          {"over_budget", outcome.over_budget}};
}

ordered_json to_json(const Verdict& verdict) {
  const verdict::Findings& findings = verdict.findings;
  ordered_json json = ordered_json::object();
  if (findings.spf) json["spf"] = to_json(*findings.spf);
  if (findings.spf_helo) json["spf_helo"] = to_json(*findings.spf_helo);
  if (findings.dkim) {
    json["dkim"] = ordered_json::array();
    for (const dkim::Outcome& signature : *findings.dkim)
      json["dkim"].push_back(to_json(signature));
  }
  if (findings.arc) json["arc"] = to_json(*findings.arc);
  if (findings.dmarc) json["dmarc"] = to_json(*findings.dmarc);
  if (findings.submission) json["submission"] = to_json(*findings.submission);
  if (findings.antivirus) json["antivirus"] = to_json(*findings.antivirus);
  if (findings.antispam) json["antispam"] = to_json(*findings.antispam);
  if (findings.attachments) json["attachments"] = to_json(*findings.attachments);
  if (!verdict.signing.signers.empty() || !verdict.signing.reason.empty()) {
    json["signing"] = {{"signers", verdict.signing.signers}, {"reason", verdict.signing.reason}};
  }
  json["limits"] = findings.limits;
  json["defects"] = findings.defects;
  json["action"] = to_word(verdict.decision.action);
  json["wanted"] = to_word(verdict.decision.wanted);
  json["reply"] =
      verdict.decision.action >= disposition::Action::defer ? verdict.decision.reply.line() : "";
  json["reason"] = verdict.decision.reason;
  json["override"] = verdict.decision.override_reason;
  json["headers"] = ordered_json::array();
  for (const NewField& field : verdict.inserted) json["headers"].push_back(field_line(field));
  json["removed"] = ordered_json::array();
  for (const RemovedField& field : verdict.removed) {
    json["removed"].push_back(field.name + " " + std::to_string(field.index));
  }
  return json;
}

std::string dump(const ordered_json& value) {
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace postern::report
