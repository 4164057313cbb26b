// Another milter of this host that signs with DKIM already, as far as can be known.
#pragma once

#include <string>
#include <string_view>

namespace postern::setup {

inline constexpr const char* opendkim_file = "/etc/opendkim.conf";

/// OpenDKIM's own configuration decides about its socket; other sockets are judged by their usual
/// ports and names, which is a guess.
/// \param server     A milter as it stands in main.cf, without braces.
/// \param opendkim   The text of opendkim_file; empty: there is none.
/// \param queue_directory  Of Postfix, below which a relative path of a socket leads.
/// \return Why it is taken for one that signs, to be read after "and"; empty: it is not.
[[nodiscard]] std::string why_it_signs(std::string_view server, std::string_view opendkim,
                                       const std::string& queue_directory);

}  // namespace postern::setup
