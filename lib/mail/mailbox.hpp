// One member of an address list, from its tokens.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "lib/mail/address.hpp"
#include "lib/mail/address_lexer.hpp"

namespace postern::mail {

/// Reads `mailbox = name-addr / addr-spec` (RFC 5322 §3.4). `group` and `raw` are left to the
/// caller.
///
/// \param tokens   All of the member.
/// \param comment  What the last comment of the member holds.
[[nodiscard]] std::optional<Mailbox> parse_mailbox(std::span<const Token> tokens,
                                                   std::string_view comment);

/// The text that a phrase means: words with one space where there was white space.
[[nodiscard]] std::string phrase_text(std::span<const Token> tokens);

}  // namespace postern::mail
