// Colours of HTML as SpamAssassin reads them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace postern::antispam {

/// "red", "#f00", "rgb(255,0,0)" -> "#ff0000"; else "invalid".
[[nodiscard]] std::string color_as_rgb(std::string_view color);

/// "#ff0000"
[[nodiscard]] std::string rgb_text(std::uint32_t rgb);

}  // namespace postern::antispam
