// What DNS lists say about a client: one score of all of them (RFC 5782).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/ip_address.hpp"
#include "lib/dns/answers.hpp"
#include "lib/dnslist/list.hpp"

namespace postern::dnslist {

inline constexpr std::size_t max_reason_size = 200;  ///< Octets of Hit::reason.

/// A list that knows the client.
struct Hit {
  std::string list;         ///< List::name.
  std::string code;         ///< The first address that counts, such as "127.0.0.2".
  double weight = 0;        ///< List::weight.
  std::string reason = {};  ///< Its TXT record, printable ASCII; text of the list. Empty unless
                            ///< List::reason.

  bool operator==(const Hit&) const = default;
};

struct Score {
  double score = 0;                   ///< Sum of the weights of hits, bounded by Bounds.
  std::vector<Hit> hits;              ///< In the order of the lists.
  std::vector<std::string> failures;  ///< Lists that could not say: "NAME: why", fit for a log.

  bool operator==(const Score&) const = default;
};

struct Bounds {
  /// What all lists of one zone together add at most. Below dnslist.reject_score, so that a list
  /// that one day lists everybody rejects nobody alone.
  double zone = 4;
};

/// Asks all lists at once, and afterwards for the reasons of hits. A failure of a list, an answer
/// outside 127.0.0.0/8 (an expired domain), 127.0.0.1, and 127.255.255.x (the list refuses us) are
/// failures and never hits; for an allow list 127.0.0.255 is one, too.
///
/// \param client  Not asked about when it is no address of the Internet (is_public_address).
/// \param domain  Of any sender; for lists of domains, which are passed over where it is empty or
///                no name.
[[nodiscard]] dns::Evaluation<Score> evaluate(std::span<const List> lists, const IpAddress& client,
                                              std::string_view domain, const dns::Answers& answers,
                                              const Bounds& bounds = {});

/// The name asked at a list of addresses: "2.2.0.192.zone", or 32 nibbles of IPv6
/// (RFC 5782 §2.1 and §2.4). Mapped addresses count as IPv4.
[[nodiscard]] std::string query_name(const IpAddress& client, std::string_view zone);

}  // namespace postern::dnslist
