// Where Perl's Encode maps two octets to something else than iconv does: mostly areas for private
// use, and extensions of Big5.
#pragma once

#include <cstdint>
#include <span>

namespace postern::io {

/// `count` pairs of octets, the second one counting up, become characters that count up.
struct CharsetPatch {
  std::uint16_t pair = 0;
  std::uint32_t character = 0;  ///< 0: no text in the charset.
  std::uint16_t count = 1;
};

[[nodiscard]] std::span<const CharsetPatch> cp936_patches();
[[nodiscard]] std::span<const CharsetPatch> big5_patches();
[[nodiscard]] std::span<const CharsetPatch> cp950_patches();
[[nodiscard]] std::span<const CharsetPatch> cp949_patches();
[[nodiscard]] std::span<const CharsetPatch> euc_kr_patches();
[[nodiscard]] std::span<const CharsetPatch> euc_jp_patches();

}  // namespace postern::io
