// What was found about the attachments of a message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postern::attachments {

/// From mild to grave.
enum class Kind {
  limit,             ///< A limit of the section was hit: not everything was looked at.
  unread,            ///< An archive of a kind that is not opened.
  damaged,           ///< An archive that is cut, or that readers read differently.
  encrypted,         ///< A file in an archive opens only with a password.
  type_mismatch,     ///< An archive or a web page that is called something else.
  deceptive_name,    ///< The name shows another order of its characters.
  double_extension,  ///< A banned extension behind one that looks harmless.
  extension,         ///< A banned extension.
  executable,        ///< A program by its octets, whatever it is called.
};

[[nodiscard]] std::string_view to_word(Kind kind);

struct Finding {
  Kind kind = Kind::limit;
  std::string what;         ///< Extension, kind of program, or name of a limit; printable ASCII.
  bool in_archive = false;  ///< Or of the attachment itself.
  std::size_t part = 0;     ///< Position in MimeTree::parts.
  /// Names of archives and file with "/" between, valid UTF-8 with any characters. Not for logs:
  /// names of attachments say what people write about.
  std::string path;
};

inline constexpr std::size_t max_findings = 16;

struct Outcome {
  /// One for each kind, what, and place; the first max_findings of each kind, so that many of one
  /// kind cannot hide another.
  std::vector<Finding> findings;
};

/// Such as "extension exe in an archive": printable ASCII without any name.
[[nodiscard]] std::string describe(const Finding& finding);

/// The gravest finding, the first of them; nullptr when there is none.
[[nodiscard]] const Finding* gravest(const Outcome& outcome);

}  // namespace postern::attachments
