// The pieces of an address field, as lenient as SpamAssassin's patterns for them.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace postern::antispam {

/// What one address takes of a field. Views borrow.
struct AddressMatch {
  std::optional<std::string_view> phrase, angle, mail, comment;
  std::size_t end = 0;  ///< Behind the separator.
};

/// The address that `text` begins with.
/// \param steps  How much looking is still allowed; counted down.
[[nodiscard]] std::optional<AddressMatch> leading_address(std::string_view text,
                                                          std::size_t& steps);

/// Behind a quoted string that begins at `at`; npos: there is none.
[[nodiscard]] std::size_t quoted_end(std::string_view text, std::size_t at);
/// Behind a comment without others inside; npos: there is none.
/// \param crosses_lines  A backslash may stand before a line feed.
[[nodiscard]] std::size_t comment_end(std::string_view text, std::size_t at, bool crosses_lines);
/// Behind local@domain that begins at `at`; npos: there is none.
[[nodiscard]] std::size_t mail_end(std::string_view text, std::size_t at);

}  // namespace postern::antispam
