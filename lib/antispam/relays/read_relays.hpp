// Received fields to relays (Mail::SpamAssassin::Message::Metadata::Received).
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "lib/antispam/relays/relay.hpp"
#include "lib/antispam/rules/options.hpp"

namespace postern::antispam {

/// Steps that all fields of a message may take; a field beyond them counts as unparseable. A usual
/// field takes some hundreds.
constexpr std::size_t max_received_steps = 20'000'000;

/// \param received     Values of Received fields, top-most first, unfolded as header() gives them.
/// \param originating  Values of originating_ip_headers, as they are read after those.
[[nodiscard]] RelayChain read_relays(std::span<const std::string> received,
                                     std::span<const std::string> originating,
                                     const Options& options);

}  // namespace postern::antispam
