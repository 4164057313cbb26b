#include <algorithm>
#include <array>

#include "lib/doctor/check.hpp"

namespace postern::doctor {
namespace {

constexpr std::array rows = {
    Check{"config", "The configuration file of Postern can be used", check_config},
    Check{"host", "The host has a full name, and its mail is sent under it", check_host_name},
    Check{"reverse", "Reverse name (PTR) and forward name of each sending address agree",
          check_reverse},
    Check{"mx", "Mail for each domain is delivered to this host", check_mx},
    Check{"spf", "SPF allows this host to send for each domain, and for its own name", check_spf},
    Check{"dkim", "DNS answers the record of each key", check_dkim},
    Check{"dmarc", "Each domain has a DMARC policy", check_dmarc},
    Check{"mta-sts", "The MTA-STS record and policy of each domain are right", check_mta_sts},
    Check{"tls-rpt", "Each domain says where TLS failures are reported", check_tls_rpt},
    Check{"srv", "Mail programs find the servers of each domain", check_srv},
    Check{"port25", "Mail servers elsewhere can be reached on port 25", check_outbound},
    Check{"clock", "The clock is kept right; signatures bear the time", check_clock},
    Check{"resolver", "The name servers are not shared with strangers", check_resolver},
    Check{"dns-lists", "DNS lists answer this host", check_dns_lists},
    Check{"dnssec", "The name servers validate with DNSSEC", check_dnssec},
    Check{"milter", "Each milter that Postfix uses answers", check_milters},
    Check{"policy", "Each policy server that Postfix uses answers", check_policies},
    Check{"scanner", "Each scanner for viruses answers, and finds a known one", check_scanners},
    Check{"rules", "The rules for spam are of these days", check_rules},
    Check{"postfix", "Settings of Postfix that decide about safety", check_postfix},
    Check{"keys", "Nobody else can read the signing keys", check_key_files},
    Check{"certificate", "Certificates are valid and name this host", check_certificates},
    Check{"disk", "Queue and state directories have room", check_disks},
};

std::vector<const Check*> chosen(const std::vector<std::string>& names) {
  std::vector<const Check*> checks;
  for (const Check& row : rows) {
    if (names.empty() || std::find(names.begin(), names.end(), row.name) != names.end()) {
      checks.push_back(&row);
    }
  }
  return checks;
}

}  // namespace

void Context::need(const dns::Questions& questions) {
  for (const dns::Question& question : questions) lookups_.expect(question.name, question.type);
}

void Context::add(Severity severity, std::string subject, std::string text, std::string remedy,
                  std::string detail) {
  findings_.push_back({std::string(check_), std::move(subject), severity, std::move(text),
                       std::move(detail), std::move(remedy)});
}

std::span<const Check> table() {
  return rows;
}

bool is_check(std::string_view name) {
  return std::any_of(rows.begin(), rows.end(),
                     [name](const Check& row) { return row.name == name; });
}

dns::Evaluation<Findings> examine(const Facts& facts, const dns::Answers& answers,
                                  const std::vector<std::string>& names) {
  Findings findings;
  dns::Questions missing;
  for (const Check* row : chosen(names)) {
    Context context(row->name, facts, answers);
    row->run(context);
    const dns::Questions more = context.lookups().missing();
    missing.insert(missing.end(), more.begin(), more.end());
    Findings& found = context.findings();
    findings.insert(findings.end(), found.begin(), found.end());
  }
  if (!missing.empty()) return missing;
  return findings;
}

}  // namespace postern::doctor
