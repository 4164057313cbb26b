// One form of line ends, so that a message has one hash however a mailbox stores it.
#pragma once

#include <string>
#include <string_view>

namespace postern::training {

/// Writes every LF, together with all CRs right before it, as CRLF; other octets stay as they are.
/// Mailboxes store CRLF or LF and turn "CR CR LF" into CRLF. For a text that comes in pieces.
class LineEnds {
 public:
  /// Appends what can be told of a piece to `out`.
  void add(std::string_view piece, std::string& out);
  /// Appends what was held back at the end of the text.
  void end(std::string& out);

 private:
  std::size_t pending_ = 0;  // CRs that may belong to a line end
};

/// The same for a text as a whole.
[[nodiscard]] std::string with_line_ends(std::string_view text);

}  // namespace postern::training
