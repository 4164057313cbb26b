// How large a picture is, from its first octets (Plugin::ImageInfo). It need not be decoded.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace postern::antispam {

struct ImageSize {
  std::uint32_t height = 0, width = 0;  ///< Pixels; neither is 0.

  bool operator==(const ImageSize&) const = default;
};

/// Nothing where the octets are no such picture. Linear, whatever they are.
[[nodiscard]] std::optional<ImageSize> gif_size(std::string_view octets);
[[nodiscard]] std::optional<ImageSize> png_size(std::string_view octets);
[[nodiscard]] std::optional<ImageSize> jpeg_size(std::string_view octets);

}  // namespace postern::antispam
