// What SpamAssassin's HTML parser says of one HTML part (Mail::SpamAssassin::HTML).
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/text/perl_string.hpp"

namespace postern::antispam {

// Bounds of what is kept of one part; what comes beyond them is left out.
constexpr std::size_t max_html_texts = 10'000;  ///< Comments, scripts, titles: of each.
constexpr std::size_t max_html_tags = 10'000;   ///< Different names of tags.
constexpr std::size_t max_html_links = 20'000;
constexpr std::size_t max_html_anchors = 20'000;
/// Beyond those: links to hosts that none of them leads to, without their paths.
constexpr std::size_t max_spare_html_links = 2'000;

/// A link of an HTML part: resolved against <base>, with the tags that name it, and as written,
/// with the text that leads to it; both in one where they are the same. Without types it counts as
/// "parsed".
struct HtmlLink {
  PerlString uri;
  std::vector<std::string> types;  ///< "a", "img", "link", "form", …
  std::vector<PerlString> anchor_texts;
};

struct HtmlResults {
  /// Numbers by SpamAssassin's names: image_area, length, min_size, max_size, closed_extra_ratio,
  /// bad_tag_ratio, non_element_ratio, obfuscation_ratio, backhair_count, font_face_bad,
  /// font_low_contrast, font_invalid_color, form_action_mailto, embeds, html_length, non_space_len,
  /// ratio, t_… and the rest. A name that is not there is Perl's undef.
  std::map<std::string, double, std::less<>> numbers;
  std::map<std::string, std::vector<PerlString>, std::less<>> texts;  ///< comment, script, title.
  std::map<std::string, int, std::less<>> inside;  ///< By tag, since it was seen.
  /// Of <meta>. Empty: SpamAssassin 4.0.1 finds them, but leaves them where no rule looks.
  std::vector<std::string> charsets;
  std::vector<HtmlLink> links;      ///< In the order of the part.
  bool has_too_many_links = false;  ///< Some were left out.
};

/// The text of an HTML part.
struct RenderedHtml {
  PerlString text;          ///< All, as body rules see it.
  PerlString visible_text;  ///< As Bayes sees it.
  PerlString invisible_text;
  HtmlResults results;
};

}  // namespace postern::antispam
