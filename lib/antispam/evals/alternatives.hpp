// How far the HTML of a multipart/alternative says something else than its text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/message/rendered_message.hpp"

namespace postern::antispam {

struct AlternativesDifference {
  /// Of the part with the largest: percent of its HTML's words that its text has less often.
  double percent = 0;
  std::size_t html_words = 0, text_words = 0;  ///< Different words, of the last part.
};

[[nodiscard]] AlternativesDifference compare_alternatives(RenderedMessage& message);

/// Words between white space that hold a letter, digit, or underscore. `text` is in UTF-8.
/// \param is_characters  Whether white space and letters beyond US-ASCII count.
[[nodiscard]] std::vector<std::string_view> words_of(std::string_view text, bool is_characters);

/// `node` and all below it, depth first.
[[nodiscard]] std::vector<const MimeNode*> nodes_of(const MimeNode& node);

}  // namespace postern::antispam
