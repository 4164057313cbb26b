// A file of ours, line by line, with the comments between its lines.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"

namespace postern::accounts {

inline constexpr std::size_t max_line_size = 32 * 1024;  ///< Octets, of any file of ours.

/// Why a file was not accepted.
struct FileProblem {
  std::size_t line = 0;  ///< From 1.
  std::string problem;   ///< With the remedy; quotes no password.
};

/// Walks over the lines of a text. A text is made of whole lines of printable ASCII and UTF-8; an
/// unfinished line at the end is a sign that the file was cut.
class FileLines {
 public:
  explicit FileLines(std::string_view text) : rest_(text) {}

  /// Moves to the next line that is no comment.
  /// \param indented  Whether a comment may have blanks before its "#".
  /// \return Whether there is one.
  [[nodiscard]] Expected<bool, FileProblem> next(bool indented);

  [[nodiscard]] std::string_view line() const { return line_; }
  /// The comments and empty lines since the line before, with their line ends.
  [[nodiscard]] const std::string& before() const { return before_; }
  /// An error about the current line.
  [[nodiscard]] Unexpected<FileProblem> refuse(std::string problem) const;

 private:
  std::string_view rest_;
  std::string_view line_;
  std::string before_;
  std::size_t number_ = 0;
};

}  // namespace postern::accounts
