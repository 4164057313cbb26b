// From the charset a sender names to UTF-8, without asking the system for tables.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern::mail {

/// Longest charset name that is looked at; IANA's have at most 45 octets.
inline constexpr std::size_t max_charset_name_size = 45;

/// Whoever knows charsets. Implementations are safe to share between threads.
class CharsetConverter {
 public:
  CharsetConverter() = default;
  CharsetConverter(const CharsetConverter&) = delete;
  CharsetConverter& operator=(const CharsetConverter&) = delete;
  virtual ~CharsetConverter() = default;

  /// \param bytes    From any sender.
  /// \param charset  Its name as the sender wrote it, in any case.
  /// \return Valid UTF-8 with U+FFFD for what cannot be read, at most four times as long as
  ///         `bytes`; nothing if the charset is not known.
  [[nodiscard]] virtual std::optional<std::string> to_utf8(std::string_view bytes,
                                                           std::string_view charset) const = 0;
};

/// UTF-8, US-ASCII, ISO-8859-1, and windows-1252 under their usual names. As in browsers, the
/// latter two are one (WHATWG Encoding §4.2): ISO-8859-1 has no printable character at 0x80 to
/// 0x9F.
[[nodiscard]] const CharsetConverter& native_charsets();

/// Text that nobody labelled: UTF-8 if it is that, else windows-1252, as most readers show it.
[[nodiscard]] std::string unlabelled_to_utf8(std::string_view bytes);

/// Converts and never gives up: text in an unknown charset counts as unlabelled.
[[nodiscard]] std::string text_to_utf8(std::string_view bytes, std::string_view charset,
                                       const CharsetConverter& charsets);

}  // namespace postern::mail
