// The URIs of a message (PerMsgStatus::get_uri_detail_list, Util::uri_list_canonicalize).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/html/results.hpp"
#include "lib/antispam/message/environment.hpp"
#include "lib/antispam/uri/message_uri.hpp"

namespace postern::antispam {

/// All forms of the URIs, the given ones first; each once.
[[nodiscard]] std::vector<PerlString> canonical_uris(std::span<const PerlString> uris,
                                                     const RenderEnvironment& environment);

/// \param body   Lines of the rendered body, the subject among them.
/// \param parts  Of each HTML part.
[[nodiscard]] std::vector<MessageUri> find_uris(std::span<const std::string> body,
                                                bool is_characters,
                                                std::span<const HtmlResults* const> parts,
                                                const RenderEnvironment& environment);

}  // namespace postern::antispam
