// The Universal Configuration Language of rspamd, as flat keys and values.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"

namespace postern::keyring {

inline constexpr std::size_t max_ucl_depth = 16;
inline constexpr std::size_t max_ucl_values = 100'000;
/// Of one name: each value carries the names of all its blocks.
inline constexpr std::size_t max_ucl_name_size = 256;

/// One value and the names of the blocks around it. Elements of a list have their number as name.
struct UclValue {
  std::vector<std::string> path;
  std::string value;     ///< Text without its quotes; numbers and flags as they are written.
  std::size_t line = 0;  ///< From 1.

  bool operator==(const UclValue&) const = default;
};

struct UclError {
  std::size_t line = 0;
  std::string_view problem;  ///< A literal.
};

/// Reads a text in the forms that rspamd's documentation uses: blocks, named blocks ("a b { }"),
/// lists, all kinds of quotes, "<<EOD" texts, "=" or ":" or nothing before a value, all comments. A
/// macro such as ".include" becomes a value with its name as path. Blocks without values leave no
/// trace.
///
/// \param text  Written by the operator.
[[nodiscard]] Expected<std::vector<UclValue>, UclError> parse_ucl(std::string_view text);

}  // namespace postern::keyring
