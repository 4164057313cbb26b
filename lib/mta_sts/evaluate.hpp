// What Postfix is told about TLS to a domain: the answer of smtp_tls_policy_maps (RFC 8461 §5.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/base/ip_address.hpp"
#include "lib/base/result.hpp"
#include "lib/dns/answers.hpp"
#include "lib/mta_sts/map_value.hpp"
#include "lib/store/known.hpp"
#include "lib/store/operation.hpp"

namespace postern::mta_sts {

inline constexpr std::size_t max_fetch_addresses = 8;

struct Options {
  TlsReports reports = TlsReports::off;
  /// Leave domains to DANE whose MX records DNSSEC proves, and of which a mail host has TLSA
  /// records: no answer for them. An answer of the table takes the place of smtp_tls_security_level
  /// = dane, and a domain's DANE must not be overruled by its MTA-STS (RFC 8461 §2).
  bool dane = false;
  /// Whether addresses of the policy host are asked for. Off where all fetches go to a fixed one.
  bool wants_addresses = true;
};

struct Request {
  std::string nexthop;   ///< The key of the table, as Postfix gives it.
  bool refresh = false;  ///< In the background: fetch although the id is the same.
};

/// A policy to be fetched.
struct Fetch {
  std::string domain;
  std::string url;                   ///< https, port 443.
  std::vector<IpAddress> addresses;  ///< Public ones of the host in the URL.

  bool operator==(const Fetch&) const = default;
};
/// The body, or a line that says why there is none.
using FetchResult = Expected<std::string, std::string>;

struct Outcome {
  std::optional<std::string> value;      ///< For "OK"; without it "NOTFOUND".
  std::string why;                       ///< For the log: one line without text of the peer.
  std::vector<store::Operation> writes;  ///< To be done; their results do not matter.
  bool refresh = false;  ///< The policy is old: evaluate again in the background with
                         ///< Request::refresh, after this answer is given.
};

/// What an evaluation needs; all at once, and the fetch only when there is nothing else.
struct Needs {
  dns::Questions questions;
  std::vector<store::Operation> operations;
  std::optional<Fetch> fetch;
};

using Evaluation = std::variant<Outcome, Needs>;

/// Decides in the steps of RFC 8461 §5.1. A domain without a record, with several, with one that
/// cannot be read, or whose policy cannot be fetched, keeps the policy it had as long as that is in
/// force; without one it has none, and mail to it is sent as before.
///
/// When DNS or the store cannot say, the caller adds a failure as the dns::Answer, or an empty
/// store::Value; a fetch that takes too long is a FetchResult with an error.
/// \param fetched  Null until the fetch is done.
[[nodiscard]] Evaluation evaluate(const Request& request, const Options& options,
                                  const dns::Answers& answers, const store::Known& known,
                                  const FetchResult* fetched, store::Time now);

}  // namespace postern::mta_sts
