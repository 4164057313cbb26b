// Charset decoding as Perl's Encode does it: strict, or with replacement characters.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern::antispam {

/// lib/io/iconv has one. Callable from any thread.
class StrictCharsets {
 public:
  StrictCharsets() = default;
  StrictCharsets(const StrictCharsets&) = delete;
  StrictCharsets& operator=(const StrictCharsets&) = delete;
  virtual ~StrictCharsets() = default;

  /// Whether Perl's Encode would know the name (aliases included).
  [[nodiscard]] virtual bool knows(std::string_view charset) const = 0;
  /// UTF-8, or nothing where an octet is no text in the charset or the charset is not known.
  [[nodiscard]] virtual std::optional<std::string> decode(std::string_view bytes,
                                                          std::string_view charset) const = 0;
  /// UTF-8 with U+FFFD as Encode's FB_DEFAULT puts it; nothing if the charset is not known.
  [[nodiscard]] virtual std::optional<std::string> decode_lenient(
      std::string_view bytes, std::string_view charset) const = 0;
};

}  // namespace postern::antispam
