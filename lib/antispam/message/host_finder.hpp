// Host names and addresses inside header values (PerMsgStatus::_get: :host, :ip).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/antispam/text/words.hpp"

namespace postern::antispam {

/// Behind an "@", else anywhere: a name that ends with a known top-level domain.
[[nodiscard]] std::optional<std::string> find_host(std::string_view text, const Words& tlds);

/// What stands behind the last "@".
[[nodiscard]] std::optional<std::string> host_of_address(std::string_view address);

[[nodiscard]] std::optional<std::string> find_ip(std::string_view text);

/// As DNS lists want it: "192.0.2.1" -> "1.2.0.192"; nothing: no address.
[[nodiscard]] std::optional<std::string> reversed_ip(std::string_view ip);

}  // namespace postern::antispam
