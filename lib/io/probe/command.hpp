// Running a program of the system and reading what it prints.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"

namespace postern::io {

inline constexpr std::size_t max_output_size = 8 * 1024 * 1024;  ///< Bytes; more is an error.

/// What a program that ended by itself left behind.
struct CommandResult {
  int status = 0;      ///< Exit status.
  std::string output;  ///< Standard output.
  /// Standard error; of more than twice max_error_size bytes the beginning and the end, where
  /// programs say why they give up.
  std::string errors;
};
inline constexpr std::size_t max_error_size = 1024;

/// Runs a program without a shell.
/// \param words  As for run_command.
/// \param input  What it can read; it need not.
/// \return Why it could not be run, or that it did not end in time (it is killed) or by itself;
///         then with the last line of its errors.
[[nodiscard]] Expected<CommandResult, std::string> run_to_end(const std::vector<std::string>& words,
                                                              std::chrono::milliseconds timeout,
                                                              std::string_view input = {});

/// The same for those of whom only success counts.
/// \param words  The program, looked up in PATH and the folders of Debian for administrators, and
///               its arguments.
/// \return Its output; or why it could not be run, that it did not end in time (it is killed), or
///         that it failed.
[[nodiscard]] Expected<std::string, std::string> run_command(const std::vector<std::string>& words,
                                                             std::chrono::milliseconds timeout);

}  // namespace postern::io
