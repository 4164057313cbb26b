// Numbers in the records of archives. Nothing is read beyond the end of a text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace postern::archive {

/// The number of `size` octets at `at`, the least octet first; 0 beyond the end.
constexpr std::uint64_t little_endian(std::string_view text, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  if (at > text.size() || text.size() - at < size) return 0;
  for (std::size_t i = size; i > 0; --i) {
    value = value << 8U | static_cast<unsigned char>(text[at + i - 1]);
  }
  return value;
}
constexpr std::uint32_t u16(std::string_view text, std::size_t at) {
  return static_cast<std::uint32_t>(little_endian(text, at, 2));
}
constexpr std::uint32_t u32(std::string_view text, std::size_t at) {
  return static_cast<std::uint32_t>(little_endian(text, at, 4));
}
constexpr std::uint64_t u64(std::string_view text, std::size_t at) {
  return little_endian(text, at, 8);
}

/// What lies at `at`: as many of `size` octets as there are.
constexpr std::string_view slice(std::string_view text, std::uint64_t at, std::uint64_t size) {
  if (at >= text.size()) return {};
  const std::uint64_t rest = text.size() - at;
  return text.substr(static_cast<std::size_t>(at),
                     static_cast<std::size_t>(size < rest ? size : rest));
}

}  // namespace postern::archive
