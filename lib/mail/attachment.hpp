// What is attached to a message, decoded.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/mail/mime.hpp"

namespace postern::mail {

/// A part that is no text to be shown, no container, and not empty.
struct Attachment {
  std::size_t part = 0;            ///< Position in MimeTree::parts.
  std::string media_type;          ///< As declared, lower case, such as "application/pdf".
  std::vector<std::string> names;  ///< File names that readers may take; valid UTF-8.
  std::string content;             ///< Decoded.
};

/// All attachments of a message in the order of its text. Embedded messages are taken apart by
/// parse_mime(), so that theirs are among them; one that it left whole is an attachment itself.
/// Together their contents are no longer than the message.
[[nodiscard]] std::vector<Attachment> attachments(const MimeTree& tree);

}  // namespace postern::mail
