// What SpamAssassin knows of tags and their attributes.
#pragma once

#include <string_view>

namespace postern::antispam {

/// Of HTML 4.01 or XHTML 1.0, and some more.
[[nodiscard]] bool is_element(std::string_view tag);
/// Elements, and others that are rendered all the same.
[[nodiscard]] bool is_rendered_tag(std::string_view tag);
/// "o:p", "st1:place": counted as elements and otherwise ignored.
[[nodiscard]] bool is_namespaced_tag(std::string_view tag);
/// White space that stands for the tag; may be empty.
[[nodiscard]] std::string_view tag_space(std::string_view tag);

/// Names of fonts, as mail programs write them.
[[nodiscard]] bool is_good_font_face(std::string_view face);
/// Pixels of a width or height; of "%" each counts `percent_pixels`. 200 where it cannot be read.
[[nodiscard]] double image_side(std::string_view text, double percent_pixels);

}  // namespace postern::antispam
