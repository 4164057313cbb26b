// Files of examples/ that setup writes; they are built in.
#pragma once

#include <string_view>

namespace postern::setup {

/// \param path  Below examples/, such as "dovecot/2.3/90-postern-train.conf".
/// \return Its text; empty when there is no such file.
[[nodiscard]] std::string_view template_text(std::string_view path);

}  // namespace postern::setup
