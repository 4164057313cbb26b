#include "tests/oracles/opendmarc_library.hpp"

#include <array>
#include <cstring>

extern "C" {
#include <opendmarc/dmarc.h>
// Exported by the library, but in none of its headers: the organizational domain of a domain.
int opendmarc_get_tld(u_char* domain, u_char* buffer, size_t size);
}

namespace postern::oracle {
namespace {

// The library takes u_char* and does not write to it.
u_char* bytes(const std::string& text) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-*)
  return reinterpret_cast<u_char*>(const_cast<char*>(text.c_str()));
}

struct Found {
  std::string record;
  bool has_failed = false;  // DNS did not say.
};

Found find_record(const std::string& domain, const Lookup& lookup) {
  const dns::Answer answer = lookup({"_dmarc." + domain, dns::Type::txt});
  for (const std::string& text : answer.texts) {
    if (text.find("v=DMARC") != std::string::npos) return {text, false};
  }
  return {"", answer.is_failure()};
}

std::string organizational_domain(const std::string& domain) {
  std::array<u_char, 256> buffer{};
  if (opendmarc_get_tld(bytes(domain), buffer.data(), buffer.size()) != 0) return domain;
  return reinterpret_cast<const char*>(buffer.data());  // NOLINT
}

void initialize() {
  static OPENDMARC_LIB_T library{};
  library.tld_type = OPENDMARC_TLD_TYPE_MOZILLA;
  std::strncpy(reinterpret_cast<char*>(library.tld_source_file), public_suffix_list,  // NOLINT
               sizeof library.tld_source_file - 1);
  opendmarc_policy_library_init(&library);
}

void store_identifiers(DMARC_POLICY_T* context, const dmarc::Request& request,
                       const std::string& spf_helo_domain) {
  std::string reason = "pass";
  // Both identities go into one place; MAIL FROM is the later one, as in the milter.
  if (!spf_helo_domain.empty()) {
    opendmarc_policy_store_spf(context, bytes(spf_helo_domain), DMARC_POLICY_SPF_OUTCOME_PASS,
                               DMARC_POLICY_SPF_ORIGIN_HELO, bytes(reason));
  }
  if (!request.spf_domain.empty()) {
    opendmarc_policy_store_spf(context, bytes(request.spf_domain), DMARC_POLICY_SPF_OUTCOME_PASS,
                               DMARC_POLICY_SPF_ORIGIN_MAILFROM, bytes(reason));
  }
  std::string selector = "selector";
  for (const std::string& domain : request.dkim_domains) {
    opendmarc_policy_store_dkim(context, bytes(domain), bytes(selector),
                                DMARC_POLICY_DKIM_OUTCOME_PASS, bytes(reason));
  }
}

OpendmarcOutcome outcome_of(DMARC_POLICY_T* context) {
  switch (opendmarc_get_policy_to_enforce(context)) {
    case DMARC_POLICY_ABSENT:
    case DMARC_FROM_DOMAIN_ABSENT: return {"none", ""};
    case DMARC_POLICY_PASS: return {"pass", ""};
    case DMARC_POLICY_REJECT: return {"fail", "reject"};
    case DMARC_POLICY_QUARANTINE: return {"fail", "quarantine"};
    case DMARC_POLICY_NONE: return {"fail", "none"};
    default: return {"permerror", ""};
  }
}

}  // namespace

OpendmarcOutcome evaluate_with_opendmarc(const dmarc::Request& request,
                                         const std::string& spf_helo_domain, const Lookup& lookup) {
  initialize();
  std::string client_ip = "192.0.2.1";
  DMARC_POLICY_T* context =
      opendmarc_policy_connect_init(bytes(client_ip), DMARC_POLICY_IP_TYPE_IPV4);
  const std::string& author = request.author_domains.front();
  opendmarc_policy_store_from_domain(context, bytes(author));
  store_identifiers(context, request, spf_helo_domain);

  const std::string organization = organizational_domain(author);
  Found found = find_record(author, lookup);
  const bool is_inherited = found.record.empty() && organization != author;
  if (is_inherited) found = find_record(organization, lookup);
  if (found.record.empty()) return {found.has_failed ? "temperror" : "none", ""};
  const OPENDMARC_STATUS_T status = opendmarc_policy_store_dmarc(
      context, bytes(found.record), bytes(author), is_inherited ? bytes(organization) : nullptr);
  if (status == DMARC_PARSE_ERROR_BAD_VERSION) return {"none", ""};
  if (status != DMARC_PARSE_OKAY) return {"permerror", ""};
  return outcome_of(context);
}

}  // namespace postern::oracle
