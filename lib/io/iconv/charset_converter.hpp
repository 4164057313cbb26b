// The charsets of the world's mail by iconv(3) (POSIX), for mail::CharsetConverter.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/mail/charset.hpp"

namespace postern::io {

/// Knows what native_charsets() knows, and the charsets of a fixed table. A name that is not in the
/// table never reaches iconv_open, which would load code by that name. Transliteration is off.
///
/// Holds nothing: each call opens its own descriptor, so threads may share one object.
class IconvCharsets final : public mail::CharsetConverter {
 public:
  /// Octets that are no text in the charset become U+FFFD. Ends after a number of steps that is
  /// linear in the size of `bytes`, whatever iconv does.
  ///
  /// \return Nothing also where the system lacks the charset (Debian: libc-gconv-modules-extra).
  [[nodiscard]] std::optional<std::string> to_utf8(std::string_view bytes,
                                                   std::string_view charset) const override;
};

}  // namespace postern::io
