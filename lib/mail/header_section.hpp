// The header section of a message as views into the bytes that came (RFC 5322 §2.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postern::mail {

/// One header field. Views borrow from the text the section was made from.
struct HeaderField {
  std::string_view raw;   ///< "Name: body" with folding and inner line ends, without the final one.
  std::string_view name;  ///< As written, without white space before the colon (RFC 5322 §4.5).
  std::string_view body;  ///< Everything after the colon; leading white space and folding kept.
};

/// The fields from top to bottom, with an index by name. Immutable.
class HeaderSection {
 public:
  HeaderSection() = default;
  /// \param fields  From top to bottom; whoever made them knows where each begins and ends
  ///                (the MTA, or parse_message).
  explicit HeaderSection(std::vector<HeaderField> fields);

  [[nodiscard]] std::span<const HeaderField> fields() const { return fields_; }
  /// Positions in fields() of all fields of that name, in any case, from top to bottom.
  [[nodiscard]] std::span<const std::uint32_t> named(std::string_view name) const;
  /// The topmost field of that name, or nullptr.
  [[nodiscard]] const HeaderField* first(std::string_view name) const;

 private:
  std::vector<HeaderField> fields_;
  std::vector<std::uint32_t> by_name_;  // positions ordered by (lower-case name, position)
};

/// A body with folding removed: every CRLF, CR, or LF that is followed by white space is dropped
/// (RFC 5322 §2.2.3); any other CR or LF becomes a space. Leading and trailing white space is
/// dropped.
[[nodiscard]] std::string unfold(std::string_view body);

}  // namespace postern::mail
