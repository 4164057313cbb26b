// Received fields to relays (Mail::SpamAssassin::Message::Metadata::Received).
#pragma once

#include <span>
#include <string>

#include "lib/antispam/relays/relay.hpp"
#include "lib/antispam/rules/options.hpp"

namespace postern::antispam {

/// \param received     Values of Received fields, top-most first, unfolded as header() gives them.
/// \param originating  Values of originating_ip_headers, as they are read after those.
[[nodiscard]] RelayChain read_relays(std::span<const std::string> received,
                                     std::span<const std::string> originating,
                                     const Options& options);

}  // namespace postern::antispam
