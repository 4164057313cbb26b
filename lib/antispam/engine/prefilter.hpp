// Which patterns need not be tried on a message, found for all of them at once.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

namespace postern::antispam {

/// By pattern: the first line that can match it.
using FirstLines = std::vector<std::uint32_t>;
constexpr std::uint32_t no_line = std::numeric_limits<std::uint32_t>::max();

/// Made for a list of patterns. Callable from any thread.
class Prefilter {
 public:
  Prefilter() = default;
  Prefilter(const Prefilter&) = delete;
  Prefilter& operator=(const Prefilter&) = delete;
  virtual ~Prefilter() = default;

  /// \return For each pattern of the list: no line before that one matches it; `no_line`: none at
  /// all. Patterns that it knows nothing of: 0.
  [[nodiscard]] virtual FirstLines first_lines(std::span<const std::string_view> lines) const = 0;
};

}  // namespace postern::antispam
