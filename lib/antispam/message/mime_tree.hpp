// A message cut into its parts (Mail::SpamAssassin::Message).
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "lib/antispam/message/mime_node.hpp"
#include "lib/antispam/text/strict_charsets.hpp"

namespace postern::antispam {

/// What was odd while the message was parted; eval rules ask for it.
struct ParseFlags {
  bool missing_head_body_separator = false;
  bool missing_mime_headers = false;
  bool missing_mime_head_body_separator = false;
  bool mime_epilogue_exists = false;
  bool truncated_header = false;
  bool mimepart_limit_exceeded = false;
};

/// Multiparts and messages inside one another beyond this depth stay closed.
constexpr std::size_t max_mime_depth = 20;
/// Parts of one multipart; the rest is left out.
constexpr std::size_t max_mime_parts = 1000;

/// Nodes of a whole message; beyond them multiparts and messages stay closed.
constexpr std::size_t max_mime_nodes = 10'000;

struct MimeTree {
  std::unique_ptr<MimeNode> root;
  ParseFlags flags;
  std::string_view full;          ///< The message without an mbox line: the text, or of `texts`.
  std::size_t header_size = 0;    ///< Octets of `full` that are header, with the empty line.
  bool is_crlf = false;           ///< Lines of `full` end with CRLF.
  std::deque<std::string> texts;  ///< What views of nodes look into, besides the text itself.
};

/// Linear in the size of the text, but for max_mime_depth.
/// \param text  Borrowed by the tree.
[[nodiscard]] MimeTree read_mime_tree(std::string_view text, const StrictCharsets& charsets);

}  // namespace postern::antispam
