// Whether an ARC chain speaks for a message that fails DMARC here (RFC 8617 §7.2.1).
#pragma once

#include <string>
#include <string_view>

#include "lib/arc/validator.hpp"
#include "lib/config/setting.hpp"

namespace postern::disposition {

/// The sealer whose word is taken that DMARC passed before the message was changed, or nothing.
///
/// A seal vouches only for what its own ADMD saw, so what an untrusted earlier sealer claims counts
/// for nothing: the chain is read from the newest set downwards while the sealers are trusted, and
/// the oldest of those must have seen dmarc=pass for this author.
[[nodiscard]] std::string find_trusted_sealer(const arc::Outcome& chain,
                                              std::string_view author_domain,
                                              const config::DomainList& trusted);

}  // namespace postern::disposition
