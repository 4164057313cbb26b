#include "lib/antispam/evals/image_size.hpp"

#include <algorithm>
#include <cstddef>

namespace postern::antispam {
namespace {

std::uint32_t octet(std::string_view octets, std::size_t at) {
  return static_cast<unsigned char>(octets[at]);
}

std::uint32_t big16(std::string_view octets, std::size_t at) {
  return octet(octets, at) << 8U | octet(octets, at + 1);
}

std::uint32_t big32(std::string_view octets, std::size_t at) {
  return big16(octets, at) << 16U | big16(octets, at + 2);
}

std::optional<ImageSize> size_if_any(std::uint32_t height, std::uint32_t width) {
  if (height == 0 || width == 0) return std::nullopt;
  return ImageSize{height, width};
}

/// Start of frame: the segment that says how large a JPEG is.
bool is_frame(std::uint32_t marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

}  // namespace

std::optional<ImageSize> gif_size(std::string_view octets) {
  constexpr std::size_t size_end = 10;
  if (octets.size() < size_end ||
      (!octets.starts_with("GIF87a") && !octets.starts_with("GIF89a"))) {
    return std::nullopt;
  }
  const auto little16 = [&](std::size_t at) {
    return octet(octets, at) | octet(octets, at + 1) << 8U;
  };
  return size_if_any(little16(8), little16(6));
}

std::optional<ImageSize> png_size(std::string_view octets) {
  using namespace std::string_view_literals;
  constexpr std::size_t step = 8;
  constexpr std::size_t header_size = 13;
  if (!octets.starts_with("\x89PNG\r\n\x1a\n"sv)) return std::nullopt;
  // As SpamAssassin does, octet by eight octets: a header that is not the first chunk may be
  // missed.
  for (std::size_t at = step; at + step <= octets.size(); at += step) {
    const std::string_view type = octets.substr(at + 4, 4);
    if (type == "IEND") return std::nullopt;
    if (type != "IHDR" || big32(octets, at) != header_size) continue;
    const std::string_view header = octets.substr(at + step);
    if (header.size() < 12) return std::nullopt;
    return size_if_any(big32(header, 4), big32(header, 0));
  }
  return std::nullopt;
}

std::optional<ImageSize> jpeg_size(std::string_view octets) {
  constexpr std::uint32_t start_of_scan = 0xDA;
  constexpr std::uint32_t end_of_image = 0xD9;
  if (!octets.starts_with("\xFF\xD8")) return std::nullopt;
  std::size_t at = 2;
  while (at + 4 <= octets.size() && octet(octets, at) == 0xFF) {
    const std::uint32_t marker = octet(octets, at + 1);
    const std::uint32_t size = big16(octets, at + 2);
    if (marker == start_of_scan || marker == end_of_image || size < 2) return std::nullopt;
    const std::string_view segment = octets.substr(at + 4, size - 2);
    if (is_frame(marker)) {
      return segment.size() < 5 ? std::nullopt : size_if_any(big16(segment, 1), big16(segment, 3));
    }
    at += 2 + std::size_t{size};
  }
  return std::nullopt;
}

}  // namespace postern::antispam
