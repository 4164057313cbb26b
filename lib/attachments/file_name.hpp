// What a file name makes readers believe, and what the system of the reader makes of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postern::attachments {

/// One way to read a name. Extensions have no dot, and are lower case as far as they are ASCII;
/// other characters are "?".
struct Extensions {
  std::string last;    ///< Decides what opens the file. Empty if none.
  std::string before;  ///< The one before, as in "invoice.pdf.exe". Empty if none.
};

struct NameSigns {
  std::vector<Extensions> readings;  ///< All ways in which systems may read it.
  bool is_turned = false;            ///< A character in it shows the text in another direction.
};

/// Reads the last component of a path as Windows does: dots and blanks at its end do not count, an
/// alternate data stream is cut off, "file.{CLSID}" has that as its extension. A NUL ends the name,
/// or does not. Wide forms of ASCII count as ASCII, and characters without width as nothing. Marks
/// of direction that people of right-to-left scripts need are no sign.
[[nodiscard]] NameSigns read_name(std::string_view name);

/// What a compressed file that is no archive is called when it is unpacked: "a.exe" of "a.exe.xz";
/// empty if the name says nothing of the kind.
[[nodiscard]] std::string_view unpacked_name(std::string_view name);

}  // namespace postern::attachments
