// Which keys sign the mail of an author.
#pragma once

#include <string_view>
#include <vector>

#include "lib/keyring/index.hpp"

namespace postern::keyring {

/// The active keys of the author's domain, or where it has none, if `allow_parents`, those of the
/// nearest domain above it. At most one of each type, the one activated last; newest first.
///
/// \param author_domain  In the form of dns::parse_domain.
/// \return Valid until the index changes.
[[nodiscard]] std::vector<const Key*> keys_for(const Index& index, std::string_view author_domain,
                                               bool allow_parents);

}  // namespace postern::keyring
