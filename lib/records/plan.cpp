#include "lib/records/plan.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "lib/dns/name.hpp"
#include "lib/records/tls_rpt.hpp"

namespace postern::records {
namespace {

constexpr std::uint16_t mx_preference = 10;
constexpr std::chrono::seconds testing_age{86400};  // a mistake is forgotten in a day
constexpr std::chrono::seconds enforce_age{7 * 86400};

struct Service {
  std::string_view name;
  std::uint16_t port;
};
// RFC 6186 §3, RFC 8314 §5.1, RFC 5804 §1.8. Lower priority is tried first, so implicit TLS is.
constexpr std::array services = {Service{"_imaps._tcp", 993}, Service{"_submissions._tcp", 465},
                                 Service{"_submission._tcp", 587}, Service{"_sieve._tcp", 4190}};

std::string domain_of(const std::string& address) {
  return address.substr(address.rfind('@') + 1);
}

Group mail_exchanger(const Request& request) {
  Record record;
  record.name = request.domain;
  record.type = Type::mx;
  record.value = request.host;
  record.priority = mx_preference;
  return {"Where mail for " + request.domain + " is delivered", {}, {record}};
}

Group host_addresses(const Request& request) {
  Group group{"The mail host", {}, {}};
  for (const IpAddress& address : request.addresses) {
    group.records.push_back(address_record(request.host, address));
  }
  if (request.host != request.domain) {
    group.remarks.emplace_back("Its SPF record is for its own name, which it says in HELO.");
    group.records.push_back(txt_record(request.host, "v=spf1 a -all"));
  }
  return group;
}

Group senders(const Request& request) {
  return {"SPF: who may send for " + request.domain,
          {"~all and not -all: forwarded mail is then judged by its DKIM signature, under DMARC."},
          {txt_record(request.domain, spf_text(request.addresses, request.host))}};
}

Record key_record(const Request& request, const DkimKey& key) {
  return txt_record(key.selector + "._domainkey." + request.domain, key.text);
}

Group signing_keys(const Request& request) {
  Group group{"DKIM: the keys that sign", {}, {}};
  for (const DkimKey& key : request.dkim) {
    if (key.state == DkimKey::State::retired) continue;
    group.records.push_back(key_record(request, key));
    if (key.state == DkimKey::State::pending) {
      group.remarks.push_back(key.selector + " does not sign yet. When its record is published: " +
                              "postern dkim rotate --auto");
    }
  }
  return group;
}

Group retired_keys(const Request& request) {
  Group group{"DKIM: keys that sign no more, whose mail is still on its way", {}, {}};
  for (const DkimKey& key : request.dkim) {
    if (key.state != DkimKey::State::retired) continue;
    group.records.push_back(key_record(request, key));
    group.remarks.push_back(key.selector + ": keep it published until " + key.keep_until);
  }
  return group;
}

Group policy(const Request& request, const std::string& address) {
  return {"DMARC: what others do with mail that is not ours",
          {"Step 1, now: p=none. Nothing is refused; reports say who sends in the domain's name.",
           "Step 2, when for two weeks all your own mail passed in them: p=quarantine",
           "Step 3, two quiet weeks later: p=reject. Stay at step 2 if people of the domain post",
           "to mailing lists, since lists change messages and their copies would be refused."},
          {txt_record("_dmarc." + request.domain, dmarc_text(address))}};
}

PolicyFile policy_file(const Request& request, StsMode mode) {
  StsPolicy policy;
  policy.mode = mode;
  if (mode != StsMode::none) policy.mx = {request.host};
  policy.max_age = mode == StsMode::enforce ? enforce_age : testing_age;
  return {sts_policy_url(request.domain), format(policy)};
}

Group transport_security(const Request& request, StsMode mode, const PolicyFile& file) {
  Group group{"MTA-STS: others deliver over verified TLS only", {}, {}};
  if (mode == StsMode::testing) {
    group.remarks.emplace_back("Mode testing: failures are reported, mail is delivered anyway.");
  }
  group.remarks.emplace_back("id= follows from the policy file: serve the new file, then publish.");
  group.records.push_back(
      txt_record("_mta-sts." + request.domain, format_sts_record(sts_id_of(file.text))));
  Record web;
  web.name = "mta-sts." + request.domain;
  web.type = Type::cname;
  web.value = request.host;
  group.records.push_back(std::move(web));
  return group;
}

Group tls_reports(const Request& request, const std::string& address) {
  return {"TLS-RPT: where others report that TLS to us failed",
          {},
          {txt_record("_smtp._tls." + request.domain, format_tls_rpt({"mailto:" + address}))}};
}

Group client_setup(const Request& request) {
  Group group{"Where mail programs find their servers", {"Leave out what you do not offer."}, {}};
  for (const Service& service : services) {
    Record record;
    record.name = std::string(service.name) + "." + request.domain;
    record.type = Type::srv;
    record.value = request.host;
    record.weight = 1;
    record.port = service.port;
    group.records.push_back(std::move(record));
  }
  return group;
}

void note_reverse_names(const Request& request, Plan& plan) {
  for (const IpAddress& address : request.addresses) {
    plan.notes.push_back("The provider of " + address.text() +
                         " sets its reverse name (PTR): " + request.host);
  }
  if (request.addresses.empty()) {
    plan.notes.push_back("The addresses of " + request.host +
                         " are not known, so it has no A or AAAA record here: use --ip.");
  }
}

// A mailbox elsewhere gets DMARC reports only if its own domain agrees.
void add_report_consent(const Request& request, const std::string& address, Plan& plan) {
  const std::string domain = domain_of(address);
  if (dns::is_at_or_below(domain, request.domain)) return;
  plan.elsewhere.push_back(
      {"In the zone of " + domain + ": it agrees to get the DMARC reports of " + request.domain,
       {},
       {txt_record(request.domain + "._report._dmarc." + domain, "v=DMARC1")}});
}

}  // namespace

std::string spf_text(const std::vector<IpAddress>& addresses, const std::string& host) {
  std::string text = "v=spf1";
  for (const IpAddress& address : addresses) {
    text += (address.is_v4() ? " ip4:" : " ip6:") + address.text();
  }
  if (addresses.empty()) text += " a:" + host;
  return text + " ~all";
}

// FNV-1a of 64 bits: policies are few and our own, so that nobody looks for two with one id.
std::string sts_id_of(std::string_view policy_text) {
  constexpr std::uint64_t offset_basis = 0xcbf29ce484222325;
  constexpr std::uint64_t prime = 0x100000001b3;
  constexpr std::string_view digits = "0123456789abcdef";
  std::uint64_t hash = offset_basis;
  for (const char c : policy_text) hash = (hash ^ static_cast<unsigned char>(c)) * prime;
  std::string id;
  for (unsigned shift = 64; shift > 0; shift -= 4) id += digits[hash >> (shift - 4) & 0xfU];
  return id;
}

std::string dmarc_text(const std::string& report_address) {
  return "v=DMARC1; p=none; rua=mailto:" + report_address;
}

Plan plan(const Request& request) {
  Plan plan;
  plan.domain = request.domain;
  const std::string address =
      request.report_address.empty() ? "postmaster@" + request.domain : request.report_address;
  plan.groups.push_back(mail_exchanger(request));
  Group host = host_addresses(request);
  if (dns::is_at_or_below(request.host, request.domain)) {
    if (!host.records.empty()) plan.groups.push_back(std::move(host));
  } else {
    host.title += ", in the zone that holds " + request.host;
    plan.elsewhere.push_back(std::move(host));
  }
  plan.groups.push_back(senders(request));
  const bool has_key =
      std::any_of(request.dkim.begin(), request.dkim.end(),
                  [](const DkimKey& key) { return key.state != DkimKey::State::retired; });
  if (!has_key) {
    plan.notes.push_back("There is no DKIM key that signs: postern dkim create " + request.domain);
  }
  for (Group group : {signing_keys(request), retired_keys(request)}) {
    if (!group.records.empty()) plan.groups.push_back(std::move(group));
  }
  plan.groups.push_back(policy(request, address));
  if (request.mta_sts) {
    plan.mta_sts_policy = policy_file(request, *request.mta_sts);
    plan.groups.push_back(transport_security(request, *request.mta_sts, *plan.mta_sts_policy));
  }
  plan.groups.push_back(tls_reports(request, address));
  plan.groups.push_back(client_setup(request));
  note_reverse_names(request, plan);
  add_report_consent(request, address, plan);
  return plan;
}

}  // namespace postern::records
