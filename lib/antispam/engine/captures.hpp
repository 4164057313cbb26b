// What some rules capture, and patterns of others that it is put into: (?<NAME>…) and %{NAME}
// (Mail::SpamAssassin::Conf(3pm), "regex capture").
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/engine/count_matches.hpp"

namespace postern::antispam {

/// Captured values of one message, by name. Later rules replace what earlier ones have captured.
class CaptureTags {
 public:
  /// What one rule captured. Names that SpamAssassin would not take are left out, and so are values
  /// beyond the limits.
  void set(const NamedCaptures& captures);
  /// The pattern with each %{NAME} replaced by the values of NAME, quoted; nothing if one has none:
  /// then the rule does not run. \param pattern  Braces may be escaped, as SpamAssassin keeps them.
  [[nodiscard]] std::optional<std::string> fill(std::string_view pattern) const;

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

/// Names that a pattern wants: NAME of %{NAME}.
[[nodiscard]] std::vector<std::string> wanted_captures(std::string_view pattern);

}  // namespace postern::antispam
