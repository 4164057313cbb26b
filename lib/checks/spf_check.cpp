#include "lib/checks/spf_check.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace postern::checks {
namespace {

struct SpfSettings {
  bool enabled = true;
  bool explain = false;
  std::uint32_t terms = 0;
  std::uint32_t void_lookups = 0;
  std::uint32_t names = 0;
};

using config::row;
constexpr std::array spf_table = {
    row<&SpfSettings::enabled>("spf.enabled", "true", "Whether SPF is checked."),
    row<&SpfSettings::explain>("spf.explain", "false",
                               "Whether the explanation a domain publishes (exp=) is fetched when "
                               "SPF fails. It is text of a "
                               "stranger and costs a question."),
    row<&SpfSettings::terms>("spf.max_terms", "10",
                             "Terms of a record that may ask DNS; RFC 7208 says 10."),
    row<&SpfSettings::void_lookups>("spf.max_void_lookups", "2",
                                    "Questions that may find nothing; RFC 7208 says 2."),
    row<&SpfSettings::names>("spf.max_names", "10",
                             "Hosts of one mx or ptr term that are looked up; RFC 7208 says 10."),
};

// An internationalized domain is asked as A-labels (RFC 8616 §4); one that has none stays as it is
// and is no domain to SPF.
std::string with_ascii_domain(const std::string& address, mail::ToAsciiDomain to_ascii) {
  const std::size_t domain = address.rfind('@') + 1;  // npos + 1 is 0
  const std::string_view name = std::string_view(address).substr(domain);
  const auto is_8bit = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
  if (std::none_of(name.begin(), name.end(), is_8bit)) return address;
  const auto ascii = to_ascii(name);
  return ascii ? address.substr(0, domain) + *ascii : address;
}

spf::Request make_request(const Context& context, const SpfSettings& settings, spf::Scope scope) {
  spf::Request request;
  request.scope = scope;
  request.client_ip = context.envelope.client_ip;
  request.helo = with_ascii_domain(context.envelope.helo, context.services.to_ascii);
  request.rfc5321_mail_from =
      with_ascii_domain(context.envelope.rfc5321_mail_from, context.services.to_ascii);
  request.receiver = context.envelope.receiver;
  request.now = context.now;
  request.explain = settings.explain;
  return request;
}

struct Requests {
  spf::Request helo;
  spf::Request mfrom;
};

Progress run_spf(Context& context, const SpfSettings& settings, Memory& memory) {
  if (memory == nullptr) {
    memory =
        std::make_shared<Requests>(Requests{make_request(context, settings, spf::Scope::helo),
                                            make_request(context, settings, spf::Scope::mfrom)});
  }
  const auto& requests = *static_cast<const Requests*>(memory.get());
  spf::Limits limits;
  limits.terms = settings.terms;
  limits.void_lookups = settings.void_lookups;
  limits.names = settings.names;
  dns::Questions missing;
  const auto check = [&](const spf::Request& request, std::optional<spf::Outcome>& outcome) {
    if (outcome) return;
    auto checked = spf::check_host(request, context.answers, limits);
    if (checked.is_done()) {
      outcome = std::move(checked).result();
      return;
    }
    dns::Questions more = std::move(checked).missing();
    missing.insert(missing.end(), std::make_move_iterator(more.begin()),
                   std::make_move_iterator(more.end()));
  };
  check(requests.helo, context.findings.spf_helo);
  check(requests.mfrom, context.findings.spf);
  return {context.findings.spf && context.findings.spf_helo, std::move(missing)};
}

}  // namespace

constinit const Check spf_check = make_check<run_spf, spf_table, SpfSettings>(
    "spf", Stage::mail, false,
    "May this client send for the domain of MAIL FROM and of HELO? (RFC 7208)");

}  // namespace postern::checks
