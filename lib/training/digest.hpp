// The hash by which a message is known.
#pragma once

#include <string>
#include <string_view>

#include "lib/dkim/crypto.hpp"

namespace postern::training {

/// SHA-256 in hexadecimal. \param text  With the line ends of LineEnds.
[[nodiscard]] std::string digest_of(std::string_view text, const dkim::Crypto& crypto);

/// The id of an entry that was imported: of its hash, so that it counts once however often it is
/// imported.
[[nodiscard]] std::string import_id(std::string_view hash);

}  // namespace postern::training
