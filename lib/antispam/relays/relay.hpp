// The hops of a message as its Received fields tell them
// (Mail::SpamAssassin::Message::Metadata::Received).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postern::antispam {

struct Relay {
  std::string ip, rdns, helo, by, ident, envfrom, id, auth;
  bool internal = false;
  bool msa = false;
  bool is_private = false;  ///< `ip` is of a private network.
  bool no_reverse_dns = false;
  bool operator==(const Relay&) const = default;
  /// "[ ip=… rdns=… helo=… by=… ident=… envfrom=… intl=… id=… auth=… msa=… ]"
  [[nodiscard]] std::string text() const;
};

/// Closest hop first.
struct RelayChain {
  std::vector<Relay> all, trusted, untrusted, internal, external;
  std::size_t unparseable = 0;
  /// Received fields, counted from the top from 0, that end the trusted and the internal part; -1:
  /// none.
  int last_trusted_index = -1;
  int last_internal_index = -1;
};

/// " "-joined texts, as in X-Spam-Relays-Untrusted.
[[nodiscard]] std::string relays_text(const std::vector<Relay>& relays);

}  // namespace postern::antispam
