// Charsets as Perl's Encode decodes them, for antispam::StrictCharsets.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/antispam/text/strict_charsets.hpp"

namespace postern::io {

/// Knows the names that Encode knows, but for a few that mail does not use. Tables of charsets come
/// from iconv when first asked for; no name of a sender reaches it. Callable from any thread.
class EncodeCharsets final : public antispam::StrictCharsets {
 public:
  [[nodiscard]] bool knows(std::string_view charset) const override;
  [[nodiscard]] std::optional<std::string> decode(std::string_view bytes,
                                                  std::string_view charset) const override;
  [[nodiscard]] std::optional<std::string> decode_lenient(std::string_view bytes,
                                                          std::string_view charset) const override;
};

}  // namespace postern::io
