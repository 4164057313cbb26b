// Tag lists, "a=b; c=d": the grammar of DKIM signatures, key records, and ARC (RFC 6376 §3.2).
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"

namespace postern::dkim {

/// More tags than this are an error; RFC 6376 and RFC 8617 know 14.
inline constexpr std::size_t max_tags = 64;

/// One tag. Views borrow from the text that was parsed.
struct Tag {
  std::string_view name;  ///< As written: names are case-sensitive.
  std::string_view
      value;              ///< Without white space at either end, folding inside kept; may be empty.
  std::size_t begin = 0;  ///< Offset in the text of the first octet after "=".
  std::size_t end = 0;    ///< Offset of the ";" that ends the tag, or the size of the text.
};

/// The tags of one list in their order; no name occurs twice.
class TagList {
 public:
  explicit TagList(std::vector<Tag> tags) : tags_(std::move(tags)) {}

  [[nodiscard]] const std::vector<Tag>& tags() const { return tags_; }
  /// The tag of that name, or nullptr. Valid until the list goes.
  [[nodiscard]] const Tag* find(std::string_view name) const;

 private:
  std::vector<Tag> tags_;
};

/// Reads a tag list. Folding white space may be any run of blanks, CR, and LF; octets above 0x7f
/// may stand in values (RFC 8616 §4), other control characters may not.
///
/// \param text  From any sender: a field body, or the text of a DNS record.
/// \return An error at the first octet that does not fit, for a repeated name, for more than
///         max_tags, and for a list without tags.
[[nodiscard]] Parsed<TagList> parse_tag_list(std::string_view text);

/// Splits a colon-separated value; items are trimmed, empty ones left out. Views borrow.
[[nodiscard]] std::vector<std::string_view> split_value(std::string_view value);

}  // namespace postern::dkim
