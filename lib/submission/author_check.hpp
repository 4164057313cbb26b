// Whether the addresses that a submitted message shows belong to the login it came with
// (RFC 6409 §6.1, "enforce submission rights").
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/authres/result.hpp"
#include "lib/mail/author.hpp"
#include "lib/mail/header_section.hpp"

namespace postern::submission {

/// Who may use an address, as the tables of the site say.
struct Owners {
  bool is_known = true;             ///< False: the tables could not be read.
  std::vector<std::string> logins;  ///< As written there; compared without regard to case.
};

/// The owners found so far, by address as it stood in the question.
using KnownOwners = std::map<std::string, Owners, std::less<>>;

struct Request {
  std::string login;              ///< From the MTA, never empty.
  std::string rfc5321_mail_from;  ///< Without angle brackets; the null sender is anybody's.
  /// Domains that we sign for, in the form of dns::parse_domain: an address of theirs inside a
  /// display name counts as an address.
  std::vector<std::string> own_domains;
};

struct Outcome {
  authres::Result result = authres::Result::none;  ///< pass, fail, or temperror.
  std::string place;  ///< Of fail and temperror: "From", "MAIL FROM", "display name in From", ….
  std::string address;  ///< The address it is about; empty when the field itself is wrong. Peer
                        ///< text.
  std::string problem;  ///< Ours, for people.
};

/// Either the outcome, or the addresses whose owners must be looked up first.
struct Evaluation {
  std::vector<std::string> missing;  ///< Addresses in lower case, each once.
  Outcome outcome;                   ///< Only when `missing` is empty.
};

inline constexpr std::size_t max_claims = 100;  ///< Addresses of one message that are looked at.

/// Every mailbox of From, Sender, Resent-From, and Resent-Sender, and MAIL FROM, must belong to the
/// login: be the login itself, or be among what `known` says it owns. Several From fields, and a
/// From that readers may understand in several ways, are a fail (RFC 5322 §3.6.2).
[[nodiscard]] Evaluation check_authors(const Request& request, const mail::HeaderSection& header,
                                       mail::ToAsciiDomain to_ascii, const KnownOwners& known);

}  // namespace postern::submission
