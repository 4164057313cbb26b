// The MIME tree as SpamAssassin parses it (Mail::SpamAssassin::Message::Node). It is not
// lib/mail's: rules depend on where SpamAssassin differs from the RFCs.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/antispam/html/results.hpp"
#include "lib/antispam/text/perl_string.hpp"

namespace postern::antispam {

/// One field of a part or the message.
struct NodeField {
  std::string name;  ///< As written.
  std::string raw;   ///< Value with folding, leading blank, and the last newline.
  PerlString value;  ///< Unfolded and decoded; without the newline.
};

struct MimeNode {
  std::vector<NodeField> fields;  ///< In the order of the message.
  std::string type;               ///< "text/plain"; lower case.
  std::string effective_type;     ///< As rules take it.
  std::string charset;            ///< As declared; empty: none.
  std::string boundary;
  std::string name;               ///< File name; empty: none.
  std::vector<std::string> body;  ///< Lines as they stand, for leaves; line ends are LF.
  std::vector<std::unique_ptr<MimeNode>> children;
  std::size_t depth = 0;

  [[nodiscard]] bool is_leaf() const { return children.empty(); }
  /// The last instance of a field, or nullptr.
  [[nodiscard]] const NodeField* field(std::string_view name) const;

  // Of leaves, made while the message is read:
  std::string decoded;  ///< Transfer encoding undone.
  std::optional<PerlString> rendered, visible_rendered, invisible_rendered;
  std::optional<HtmlResults> html;
};

}  // namespace postern::antispam
