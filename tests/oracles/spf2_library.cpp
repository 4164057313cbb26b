#include "tests/oracles/spf2_library.hpp"

#include <algorithm>
#include <cstring>

#include <netdb.h>
#include <netinet/in.h>

extern "C" {
#include <spf2/spf.h>
}

#include "lib/dns/name.hpp"

namespace postern::oracle {
namespace {

struct Query {
  bool is_known = true;  // Whether it is of a type we answer.
  dns::Type type = dns::Type::txt;
};

Query query_of(ns_type type) {
  switch (type) {
    case ns_t_a: return {true, dns::Type::a};
    case ns_t_aaaa: return {true, dns::Type::aaaa};
    case ns_t_mx: return {true, dns::Type::mx};
    case ns_t_ptr: return {true, dns::Type::ptr};
    case ns_t_txt: return {true, dns::Type::txt};
    default: return {false, dns::Type::txt};  // Type 99 (SPF) above all, which RFC 7208 ended.
  }
}

SPF_dns_stat_t to_herrno(dns::Status status) {
  switch (status) {
    case dns::Status::success: return NETDB_SUCCESS;
    case dns::Status::no_data: return NO_DATA;
    case dns::Status::nxdomain: return HOST_NOT_FOUND;
    case dns::Status::servfail:
    case dns::Status::timeout:
    case dns::Status::not_asked: return TRY_AGAIN;
  }
  return NO_RECOVERY;
}

void add(SPF_dns_rr_t* rr, const void* bytes, std::size_t size) {
  if (SPF_dns_rr_buf_realloc(rr, rr->num_rr, size) != SPF_E_SUCCESS) return;
  std::memcpy(rr->rr[rr->num_rr], bytes, size);
  ++rr->num_rr;
}

void add(SPF_dns_rr_t* rr, const std::string& text) {
  add(rr, text.c_str(), text.size() + 1);
}

void add(SPF_dns_rr_t* rr, dns::Answer answer) {
  for (const IpAddress& address : answer.addresses) {
    add(rr, address.bytes().data(), address.bits() / 8);
  }
  std::sort(answer.exchanges.begin(), answer.exchanges.end());
  for (const dns::MxRecord& mx : answer.exchanges) add(rr, mx.exchange);
  for (const std::string& text : answer.texts) add(rr, text);
  for (const std::string& name : answer.names) add(rr, name);
}

SPF_dns_rr_t* answer_query(SPF_dns_server_t* server, const char* domain, ns_type type,
                           int /*should_cache*/) {
  const auto& lookup = *static_cast<const Lookup*>(server->hook);
  const Query query = query_of(type);
  const auto name = dns::parse_name(domain);
  dns::Answer answer;
  if (!name) {
    answer.status = dns::Status::nxdomain;
  } else if (query.is_known) {
    answer = lookup({*name, query.type});
  }
  SPF_dns_rr_t* rr = SPF_dns_rr_new_init(server, domain, type, 300, to_herrno(answer.status));
  if (rr != nullptr) add(rr, std::move(answer));
  return rr;
}

// What could not be evaluated has no result, only an error code: that of the call. "none" and
// temperror are results too, but DNS errors at the first record come as a code.
std::string to_result(SPF_response_t* response, SPF_errcode_t status) {
  switch (SPF_response_result(response)) {
    case SPF_RESULT_NEUTRAL: return "neutral";
    case SPF_RESULT_PASS: return "pass";
    case SPF_RESULT_FAIL: return "fail";
    case SPF_RESULT_SOFTFAIL: return "softfail";
    case SPF_RESULT_NONE: return "none";
    case SPF_RESULT_TEMPERROR: return "temperror";
    case SPF_RESULT_PERMERROR: return "permerror";
    case SPF_RESULT_INVALID: break;
  }
  return status == SPF_E_DNS_ERROR ? "temperror" : "permerror";
}

bool has_domain(const spf::Request& request) {
  const std::string& sender = request.rfc5321_mail_from;
  const std::size_t at = sender.rfind('@');
  const std::string domain =
      sender.empty() || at == std::string::npos ? request.helo : sender.substr(at + 1);
  return domain.find('.') != std::string::npos && dns::parse_domain(domain);
}

void set_client(SPF_request_t* check, const IpAddress& client) {
  const IpAddress address = client.unmapped();
  if (address.is_v4()) {
    in_addr v4{};
    std::memcpy(&v4, address.bytes().data(), sizeof v4);
    SPF_request_set_ipv4(check, v4);
  } else {
    in6_addr v6{};
    std::memcpy(&v6, address.bytes().data(), sizeof v6);
    SPF_request_set_ipv6(check, v6);
  }
}

}  // namespace

Spf2Outcome check_with_spf2(const spf::Request& request, const Lookup& lookup) {
  if (!has_domain(request)) return {"none", ""};
  Lookup hook = lookup;
  SPF_dns_server_t dns{};
  dns.lookup = answer_query;
  dns.name = "suite";
  dns.hook = &hook;
  SPF_server_t* server = SPF_server_new_dns(&dns, 0);
  SPF_server_set_rec_dom(server, request.receiver.c_str());
  SPF_response_t* ignored = nullptr;
  SPF_server_set_explanation(server, "DEFAULT", &ignored);
  SPF_request_t* check = SPF_request_new(server);
  set_client(check, request.client_ip);
  SPF_request_set_helo_dom(check, request.helo.c_str());
  if (!request.rfc5321_mail_from.empty()) {
    SPF_request_set_env_from(check, request.rfc5321_mail_from.c_str());
  }
  SPF_response_t* response = nullptr;
  const SPF_errcode_t status = SPF_request_query_mailfrom(check, &response);
  if (response == nullptr) return {"no response", ""};
  // Nothing is freed: the child process ends.
  const char* explanation = SPF_response_get_explanation(response);
  return {to_result(response, status), explanation != nullptr ? explanation : ""};
}

}  // namespace postern::oracle
