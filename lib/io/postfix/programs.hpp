// What is common to reading Postfix's configuration and tables through its own programs.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"

namespace postern::io {

/// Of a list in main.cf: separated by commas or blanks.
[[nodiscard]] std::vector<std::string> split_words(std::string_view text);

/// The same for lists of tables: one with a comma or a blank inside, as in inline:{a=b, c=d}, is
/// one.
[[nodiscard]] std::vector<std::string> split_tables(std::string_view text);

/// How long programs of Postfix may take: one of them, and all until a point in time.
struct ProgramLimits {
  std::chrono::milliseconds timeout{};
  std::chrono::steady_clock::time_point deadline;
};

struct ProgramOutput {
  int status = 0;  ///< 0, or 1: postmap(1) has not found it.
  std::string output;
};

/// Runs postconf(1) or postmap(1).
/// \param input  What it can read.
/// \return Also why it failed, as far as it says.
[[nodiscard]] Expected<ProgramOutput, std::string> run_program(
    const std::vector<std::string>& words, const ProgramLimits& limits,
    std::string_view input = {});

/// Parameters of main.cf with their values, in which no "$name" is left.
using Parameters = std::map<std::string, std::string>;

/// By one process. A parameter that this version of Postfix does not have is empty.
[[nodiscard]] Expected<Parameters, std::string> read_parameters(
    const std::string& config_directory, const std::vector<std::string>& names,
    const ProgramLimits& limits);

/// The value of myorigin: Debian keeps it in the file /etc/mailname.
[[nodiscard]] std::string read_origin(const std::string& value);

}  // namespace postern::io
