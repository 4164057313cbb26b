// Where the header of a message ends, and its fields (Mail::SpamAssassin::Message::new).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/message/mime_node.hpp"
#include "lib/antispam/text/strict_charsets.hpp"

namespace postern::antispam {

constexpr std::size_t max_field_name_size = 256;    ///< Octets; what is longer is cut.
constexpr std::size_t max_field_value_size = 8192;  ///< Octets, raw.

constexpr std::size_t max_header_fields = 10'000;  ///< Of one header; later ones are left out.

struct MessageHead {
  std::vector<NodeField> fields;
  std::size_t begin = 0;  ///< Of the text: behind an mbox separator.
  std::size_t end = 0;    ///< Where the body begins.
  std::string pristine;   ///< Lines of the header with the empty one; CRs added where they missed.
  bool is_crlf = false;   ///< The first or the last line of the text ends with CRLF.
  bool missing_separator = false;
  bool truncated = false;
};

[[nodiscard]] MessageHead read_message_head(std::string_view text, const StrictCharsets& charsets);

/// "name", blanks, ":" at the start of a line; names are printable.
[[nodiscard]] bool is_field_line(std::string_view line, bool allows_blanks);

/// The line that `text` begins with, with its newline.
[[nodiscard]] std::string_view first_line(std::string_view text);

/// A field of a node, its value decoded.
[[nodiscard]] NodeField make_field(std::string_view name, std::string_view raw,
                                   const StrictCharsets& charsets);

}  // namespace postern::antispam
