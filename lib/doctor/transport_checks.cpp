// Checks of what a domain says about transport and clients: MTA-STS, TLS-RPT, SRV.
#include <algorithm>

#include "lib/doctor/check.hpp"
#include "lib/doctor/support.hpp"
#include "lib/records/mta_sts.hpp"
#include "lib/records/tls_rpt.hpp"

namespace postern::doctor {
namespace {

std::string dns_command(const std::string& domain) {
  return "postern dns " + domain;
}

void judge_sts_policy(Context& context, const DomainFacts& domain) {
  const std::string url = records::sts_policy_url(domain.domain);
  const std::string& host = context.facts().host;
  if (!domain.sts_policy && domain.sts_policy_failed) {
    context.warning(domain.domain, "its MTA-STS policy " + printable(domain.sts_policy.error()),
                    "serve the file that \"" + dns_command(domain.domain) + "\" prints at " + url);
  } else if (!domain.sts_policy) {
    context.skipped(domain.domain, "its MTA-STS policy " + domain.sts_policy.error());
  } else if (domain.sts_policy->mode == records::StsMode::none) {
    context.info(domain.domain, "its MTA-STS policy is withdrawn (mode none)");
  } else if (!host.empty() && !records::covers(*domain.sts_policy, host)) {
    const bool enforced = domain.sts_policy->mode == records::StsMode::enforce;
    context.add(enforced ? Severity::error : Severity::warning, domain.domain,
                "its MTA-STS policy does not name " + host + " as mail host",
                "add to the file served at " + url + " the line: mx: " + host);
  } else {
    context.ok(domain.domain, "its MTA-STS policy names this host, mode " +
                                  std::string(to_token(domain.sts_policy->mode)));
  }
}

void judge_sts(Context& context, const DomainFacts& domain) {
  const std::string name = "_mta-sts." + domain.domain;
  const Texts texts = find_texts(context, name, domain.domain, records::is_sts_record);
  if (!texts.is_known) return;
  if (texts.found.empty()) {
    context.info(domain.domain, "has no MTA-STS: others deliver without verifying our certificate",
                 dns_command(domain.domain));
    return;
  }
  if (texts.found.size() > 1) {
    context.warning(domain.domain, "has several MTA-STS records, so none of them counts",
                    "leave one TXT record at " + name);
    return;
  }
  const auto id = records::parse_sts_record(texts.found.front());
  if (!id) {
    context.warning(domain.domain, "its MTA-STS record " + std::string(id.error().problem),
                    dns_command(domain.domain));
    return;
  }
  judge_sts_policy(context, domain);
}

void judge_tls_rpt(Context& context, const std::string& domain) {
  const std::string name = "_smtp._tls." + domain;
  const Texts texts = find_texts(context, name, domain, records::is_tls_rpt);
  if (!texts.is_known) return;
  const std::string remedy =
      publish(name, records::format_tls_rpt({"mailto:postmaster@" + domain}));
  if (texts.found.empty()) {
    context.info(domain, "does not say where failures of TLS are reported", remedy);
  } else if (texts.found.size() > 1) {
    context.warning(domain, "has several TLS-RPT records, so none of them counts",
                    "leave one TXT record at " + name);
  } else if (const auto uris = records::parse_tls_rpt(texts.found.front()); !uris) {
    context.warning(domain, "its TLS-RPT record " + std::string(uris.error().problem), remedy);
  } else {
    context.ok(domain, "failures of TLS are reported to " + printable(uris->front()));
  }
}

void judge_services(Context& context, const DomainFacts& domain) {
  if (!domain.services) {
    context.skipped(domain.domain, domain.services.error());
    return;
  }
  std::vector<std::string> missing;
  for (const ServiceFact& service : *domain.services) {
    if (service.target.empty()) missing.push_back(service.name);
  }
  if (missing.empty()) {
    context.ok(domain.domain, "mail programs find its servers by themselves");
  } else {
    context.info(domain.domain, "mail programs cannot look up its servers: no " + join(missing),
                 dns_command(domain.domain));
  }
}

}  // namespace

void check_mta_sts(Context& context) {
  for (const DomainFacts& each : context.facts().domains) judge_sts(context, each);
}

void check_tls_rpt(Context& context) {
  for (const DomainFacts& each : context.facts().domains) judge_tls_rpt(context, each.domain);
}

void check_srv(Context& context) {
  for (const DomainFacts& each : context.facts().domains) judge_services(context, each);
}

}  // namespace postern::doctor
