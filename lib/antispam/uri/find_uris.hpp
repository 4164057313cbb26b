// The URIs of a message (PerMsgStatus::get_uri_detail_list, Util::uri_list_canonicalize).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/html/results.hpp"
#include "lib/antispam/message/environment.hpp"
#include "lib/antispam/uri/message_uri.hpp"

namespace postern::antispam {

/// Characters; what is longer is cut, as in SpamAssassin.
constexpr std::size_t max_uri_size = 8192;
/// Octets that all forms of all URIs of a message may have; further URIs are left out.
constexpr std::size_t max_uri_octets = std::size_t{32} << 20;

/// Beyond that, URIs that lead to hosts that no other leads to, with nothing but their host.
constexpr std::size_t max_spare_hosts = 2'000;

struct FoundUris {
  std::vector<MessageUri> uris;
  bool is_over_limit = false;  ///< Some were left out.
};

/// In the order in which they are found: text, HTML, signatures.
/// \param body        Lines of the rendered body, the subject among them; octets, as patterns see
/// them.
/// \param parts       Of each HTML part.
/// \param signatures  Values of DomainKey-Signature and DKIM-Signature: their d= are URIs
/// "domainkeys:example.com" of type domainkeys, which have hosts but no form for uri rules.
[[nodiscard]] FoundUris find_uris(std::span<const std::string> body,
                                  std::span<const HtmlResults* const> parts,
                                  std::span<const std::string> signatures,
                                  const RenderEnvironment& environment);

}  // namespace postern::antispam
