// A text part as people read it (Message::Node::rendered).
#pragma once

#include "lib/antispam/message/mime_node.hpp"
#include "lib/antispam/text/strict_charsets.hpp"

namespace postern::antispam {

/// Fills what a leaf has of rendered text, if it is text/plain or text/html.
/// \param normalizes  normalize_charset of the configuration.
void render_part(MimeNode& leaf, bool normalizes, const StrictCharsets& charsets);

}  // namespace postern::antispam
