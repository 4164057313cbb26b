// From parts to what body and rawbody rules are matched with (Message::get_body_text_array_common,
// get_decoded_body_text_array).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/text/perl_string.hpp"

namespace postern::antispam {

constexpr std::size_t max_body_part_size = 50'000;      ///< Characters; body_part_scan_size.
constexpr std::size_t max_rawbody_part_size = 500'000;  ///< Octets; rawbody_part_scan_size.
constexpr std::size_t max_cut_search = 1024;  ///< How far beyond these a good place is looked for.
/// Lines of the body; one octet more where a space ends the line. Chunks of the rawbody have twice
/// that.
constexpr std::size_t max_body_line_size = 2048;

/// Adds a rendered part, cut to its limit. Between parts stands an empty line.
class BodyText {
 public:
  /// Where a part begins, rendered or not.
  void begin_part();
  void add(const PerlString& rendered);

  /// White space made even, and cut into lines.
  /// \param subject  The first line, with its newline.
  [[nodiscard]] std::vector<std::string> lines(std::string_view subject) const;
  [[nodiscard]] bool is_characters() const { return text_.is_characters; }

 private:
  PerlString text_;
};

/// One part, cut to its limit, in chunks.
void add_rawbody_chunks(std::vector<PerlString>& chunks, std::string_view decoded);

}  // namespace postern::antispam
