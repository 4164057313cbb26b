// A multipart cut at its boundaries (Mail::SpamAssassin::Message::_parse_multipart).
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/message/mime_node.hpp"
#include "lib/antispam/message/mime_tree.hpp"

namespace postern::antispam {

/// Octets of a line inside a multipart; what is longer is broken.
constexpr std::size_t max_part_line_size = 2048;

using Lines = std::vector<std::string_view>;

/// A part with what is still to be read of it.
struct OpenPart {
  std::unique_ptr<MimeNode> node;  ///< Fields and type are known.
  std::string boundary;            ///< Of the part itself or of what is around it.
  Lines body;
};

/// \param texts  Keeps what is not in the message as it stands: pieces of long lines.
[[nodiscard]] std::vector<OpenPart> split_multipart(const Lines& body, std::string_view boundary,
                                                    std::string_view type,
                                                    const StrictCharsets& charsets,
                                                    std::deque<std::string>& texts,
                                                    ParseFlags& flags);

}  // namespace postern::antispam
