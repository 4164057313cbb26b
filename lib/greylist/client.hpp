// What is known of a client when its first message is judged, and who it counts as afterwards.
#pragma once

#include <string>
#include <string_view>

#include "lib/authres/result.hpp"
#include "lib/base/ip_address.hpp"
#include "lib/greylist/settings.hpp"

namespace postern::greylist {

/// Whether DNS has a name for the client that leads back to it (RFC 8601 §2.7.3, "iprev").
enum class ClientName {
  confirmed,
  missing,      ///< No PTR record.
  unconfirmed,  ///< A name that does not lead back.
  unknown       ///< DNS failed.
};
/// What the client calls itself.
enum class Helo {
  resolves,
  missing,
  literal,      ///< "[192.0.2.1]" or a bare address.
  own,          ///< Our name.
  unqualified,  ///< No domain name, or one with a single label.
  unresolved,   ///< Has no address.
  unknown       ///< DNS failed.
};
[[nodiscard]] std::string_view to_word(ClientName name);
[[nodiscard]] std::string_view to_word(Helo helo);

struct Client {
  IpAddress ip;
  ClientName name_state = ClientName::unknown;
  std::string name;         ///< When confirmed, in the form of dns::parse_name.
  std::string name_domain;  ///< The organization that `name` belongs to; may be `name` itself.
  Helo helo = Helo::unknown;
  authres::Result spf = authres::Result::none;
  std::string spf_domain;        ///< That SPF was asked for, in the form of dns::parse_domain.
  std::string spf_organization;  ///< On pass: the organizational domain of `spf_domain`.
  std::string identity;          ///< Who it counts as: what identity() says.
  double dnslist_score = 0;
  double suspicious_score = 0;  ///< From it on the lists make a client suspicious; its negative
                                ///< and less make it trusted.
  double reputation = 0;        ///< -1 to 1.
};

/// Why mail of this client is to be held until it comes again, such as "no PTR record, HELO does
/// not resolve"; empty: it is not suspicious. DNS failures are no sign of anything.
[[nodiscard]] std::string suspicion(const Client& client, const Settings& settings);

/// Why mail of this client is never held, of what needs no store; empty: it may be.
[[nodiscard]] std::string trust(const Client& client, const Settings& settings);

/// Who retries: "spf:example.org" when SPF passes, else "name:example.org" of a confirmed name that
/// does not spell out the address (as names of dial-up pools do), else "net:192.0.2.0/24".
[[nodiscard]] std::string identity(const Client& client);

/// Whether a name contains the address as providers write it into the names of their customers.
[[nodiscard]] bool spells_address(std::string_view name, const IpAddress& ip);

}  // namespace postern::greylist
