// The MIME tree as SpamAssassin parses it (Mail::SpamAssassin::Message::Node). It is not
// lib/mail's: rules depend on where SpamAssassin differs from the RFCs.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/html/results.hpp"
#include "lib/antispam/text/perl_string.hpp"

namespace postern::antispam {

/// One field of a part or the message.
struct NodeField {
  std::string name;  ///< As written.
  std::string raw;  ///< Value with folding and the last newline; the message's own fields also with
                    ///< the leading blank.
  PerlString value;  ///< Unfolded, trimmed, and decoded; without the newline.
};

struct MimeNode {
  std::vector<NodeField> fields;  ///< In the order of the message.
  std::string type;               ///< "text/plain"; lower case; may be empty.
  std::string effective_type;     ///< As rules take it: text/html by file name.
  std::string charset;            ///< As declared; empty: none, or none that says anything.
  bool has_charset = false;       ///< Of leaves: there is a charset parameter.
  std::string boundary;           ///< Of leaves: its own, or that of the part around it.
  std::string name;               ///< File name; empty: none.
  /// Lines as they stand, for leaves; line ends are LF. Views into texts that the message keeps.
  std::vector<std::string_view> body;
  std::vector<std::unique_ptr<MimeNode>> children;
  std::size_t depth = 0;
  bool has_children = false;  ///< A multipart or a message, perhaps with nothing inside.

  [[nodiscard]] bool is_leaf() const { return !has_children; }
  /// The last instance of a field, in any case, or nullptr.
  [[nodiscard]] const NodeField* field(std::string_view name) const;
  /// The decoded value of the last instance; empty: none.
  [[nodiscard]] std::string_view value(std::string_view name) const;

  // Of leaves, made while the message is read:
  std::string decoded;  ///< Transfer encoding undone.
  // Of leaves shown as text, made when the body is first asked for; visible_rendered: not there, as
  // long as all is visible.
  std::string rendered_type;  ///< "text/plain", "text/html"; empty: not shown.
  std::optional<PerlString> rendered, visible_rendered, invisible_rendered;
  std::optional<HtmlResults> html;
};

}  // namespace postern::antispam
