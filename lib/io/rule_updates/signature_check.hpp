// Whether an archive was signed with a key that is trusted, by gpgv(1).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"

namespace postern::io {

/// \param key_file   Public keys, armored or not. Empty: those of SpamAssassin's own channel, from
///                   /etc/postern or /etc/spamassassin (sa-update-pubkey.txt), or the package
///                   spamassassin.
/// \param archive    Its octets.
/// \param signature  The file ".asc".
/// \return When it was signed, in seconds since the epoch; or why it cannot be trusted, with the
///         remedy where there is one.
[[nodiscard]] Expected<std::int64_t, std::string> check_signature(const std::string& key_file,
                                                                  std::string_view archive,
                                                                  std::string_view signature);

}  // namespace postern::io
