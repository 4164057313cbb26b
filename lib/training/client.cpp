#include "lib/training/client.hpp"

#include <algorithm>
#include <array>

#include "lib/authres/parse.hpp"
#include "lib/base/ascii.hpp"
#include "lib/dns/name.hpp"
#include "lib/dnslist/public_address.hpp"
#include "lib/mail/message.hpp"
#include "lib/mail/received.hpp"
#include "lib/report/field_names.hpp"
#include "lib/report/verdict_field.hpp"

namespace postern::training {
namespace {

bool is_named(const mail::HeaderField& field, std::string_view name) {
  return ascii::equals_ignoring_case(field.name, name);
}

// "ESMTPA", "ESMTPSA", "UTF8SMTPSA", …: the client has logged in (RFC 3848, RFC 6531 §4.3).
bool has_logged_in(const mail::Received& received) {
  const std::string with = ascii::to_lower(received.with);
  return with.find("smtp") != with.npos && with.ends_with('a');
}

bool is_stranger(const mail::Received& received, const OwnMarks& marks) {
  const auto by = dns::parse_domain(received.by);
  if (!by || !received.ip || has_logged_in(received)) return false;
  if (std::find(marks.hosts.begin(), marks.hosts.end(), *by) == marks.hosts.end()) return false;
  const IpAddress ip = received.ip->unmapped();
  return dnslist::is_public_address(ip) &&
         std::none_of(marks.local_networks.begin(), marks.local_networks.end(),
                      [&ip](const IpNetwork& network) { return network.contains(ip); });
}

std::string domain_of(std::string_view address) {
  const std::size_t at = address.rfind('@');
  return std::string(at == address.npos ? address : address.substr(at + 1));
}

// A domain that SPF or DKIM has proved; that of the author where DMARC passed.
std::string proved_domain(const authres::AuthenticationResults& found) {
  struct Proof {
    std::string_view method;
    std::string_view type;
    std::string_view name;
  };
  constexpr std::array proofs = {Proof{"dmarc", "header", "from"}, Proof{"dkim", "header", "d"},
                                 Proof{"spf", "smtp", "mailfrom"}};
  for (const Proof& proof : proofs) {
    for (const authres::ReportedResult& result : found.results) {
      if (result.method != proof.method || result.result != "pass") continue;
      std::string domain = domain_of(result.value_of(proof.type, proof.name));
      if (dns::parse_domain(domain)) return domain;
    }
  }
  return {};
}

}  // namespace

std::optional<reputation::Event> client_event(const Event& event, std::string_view message,
                                              const OwnMarks& marks) {
  // A script of one user, which nobody may have thought about, must not speak to all.
  constexpr std::array mute = {Source::append, Source::command, Source::sieve};
  if (std::find(mute.begin(), mute.end(), event.source) != mute.end()) return std::nullopt;
  if (event.kind == Kind::none) return std::nullopt;
  const mail::Message parsed = mail::parse_message(message);
  const auto fields = parsed.header.fields();
  const auto own = report::own_fields(fields);
  if (!own) return std::nullopt;
  const mail::Received received = mail::parse_received(fields[own->received].body);
  if (!received.ip || !is_stranger(received, marks)) return std::nullopt;
  reputation::Event out;
  out.kind =
      event.kind == Kind::spam ? reputation::EventKind::user_spam : reputation::EventKind::user_ham;
  out.client = received.ip->unmapped();
  out.helo = dns::parse_domain(received.from).value_or(std::string());
  out.id = "train-" + event.hash;
  for (std::size_t i = own->begin; i < own->received; ++i) {
    if (!is_named(fields[i], report::results_field_name)) continue;
    const auto results = authres::parse(fields[i].body);
    if (!results || results->authserv_id != marks.authserv_id) continue;
    out.domain = dns::parse_domain(proved_domain(*results)).value_or(std::string());
    break;
  }
  return out;
}

}  // namespace postern::training
