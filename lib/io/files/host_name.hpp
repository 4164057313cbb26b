// The name of this host.
#pragma once

#include <string>

namespace postern::io {

/// The host's fully qualified name if the resolver's files know one, else its node name.
[[nodiscard]] std::string host_name();

}  // namespace postern::io
