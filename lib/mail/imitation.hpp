// What makes one author look like another to people, though not to programs.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/mail/header_section.hpp"

namespace postern::mail {

/// Turns one label in A-label form into what people read (RFC 5890 §2.3.2.1): UTF-8, or nothing if
/// it is no label.
using ToUnicodeLabel = std::optional<std::string> (*)(std::string_view);

/// Whether a label, as people read it, has letters of several of the scripts that look alike:
/// Latin, Greek, Cyrillic, Armenian (UTS #39 §5.2). A label all in one of them is left alone: it
/// may well be a name of that language.
[[nodiscard]] bool has_mixed_scripts(std::string_view label);

/// Names of defects: "author.mixed scripts" of a domain, "author.direction" where a From field has
/// characters that turn the direction of text around, also within encoded-words.
/// \param author_domains  Of find_authors().
/// \param to_unicode      nullptr: domains are not looked at.
[[nodiscard]] std::vector<std::string> imitations(const HeaderSection& header,
                                                  std::span<const std::string> author_domains,
                                                  ToUnicodeLabel to_unicode);

}  // namespace postern::mail
