// What eval functions ask of the MIME parts of a message (Plugin::MIMEEval).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lib/antispam/message/rendered_message.hpp"
#include "lib/antispam/text/regex.hpp"

namespace postern::antispam {

struct MimeFacts {
  // Counts of parts.
  std::size_t html_parts = 0, text_parts = 0, base64_parts = 0, quoted_parts = 0, attachments = 0;
  bool has_ascii_in_base64 = false;  ///< Text that did not need it.
  bool has_bad_iso_charset = false;
  bool has_faraway_charset = false;
  bool has_alternatives = false;
  bool has_long_quoted_line = false;
  std::size_t illegal_ascii_lines = 0;
  std::size_t quoted_size = 0;      ///< Octets of quoted-printable.
  std::size_t needless_quotes = 0;  ///< "=HH" of characters that may stand as they are.
  double unicode_ratio = 0;         ///< Character references per octet of plain text.
  double alternatives_ratio = 1;    ///< Octets of text per octet of HTML.
  std::string charsets;             ///< Of all parts, with blanks between.

  /// By SpamAssassin's names: mime_qp_count and the like; nothing: it knows no such figure.
  [[nodiscard]] std::optional<double> figure(std::string_view name) const;
};

/// \param iso_charset  Matches charsets such as "iso-8859-1"; `known_iso` those that exist.
struct CharsetPatterns {
  const Regex* iso_charset = nullptr;
  const Regex* known_iso = nullptr;
};

[[nodiscard]] MimeFacts find_mime_facts(RenderedMessage& message, const CharsetPatterns& patterns);

}  // namespace postern::antispam
