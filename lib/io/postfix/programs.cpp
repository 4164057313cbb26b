#include "lib/io/postfix/programs.hpp"

#include <algorithm>
#include <fstream>
#include <utility>

#include "lib/base/ascii.hpp"
#include "lib/io/probe/command.hpp"

namespace postern::io {
namespace {

constexpr std::string_view separators = ", \t\r\n";

bool is_failure(std::string_view errors) {
  return errors.find("fatal:") != errors.npos || errors.find("error:") != errors.npos ||
         errors.find("panic:") != errors.npos;
}

// The line of it that says what is wrong.
std::string failure_line(std::string_view errors) {
  while (true) {
    const std::string_view line = errors.substr(0, errors.find('\n'));
    if (is_failure(line) || line.size() == errors.size()) return std::string(ascii::trim(line));
    errors.remove_prefix(line.size() + 1);
  }
}

}  // namespace

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  while (true) {
    const std::size_t begin = text.find_first_not_of(separators);
    if (begin == text.npos) return words;
    const std::size_t end = std::min(text.find_first_of(separators, begin), text.size());
    words.emplace_back(text.substr(begin, end - begin));
    text.remove_prefix(end);
  }
}

std::vector<std::string> split_tables(std::string_view text) {
  std::vector<std::string> tables;
  std::string table;
  int depth = 0;
  for (const char c : text) {
    if (c == '{') ++depth;
    if (c == '}') --depth;
    if (depth > 0 || separators.find(c) == separators.npos) {
      table += c;
    } else if (!table.empty()) {
      tables.push_back(std::exchange(table, {}));
    }
  }
  if (!table.empty()) tables.push_back(std::move(table));
  return tables;
}

Expected<ProgramOutput, std::string> run_program(const std::vector<std::string>& words,
                                                 const ProgramLimits& limits,
                                                 std::string_view input) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      limits.deadline - std::chrono::steady_clock::now());
  if (left.count() <= 0) return Unexpected<std::string>(words.front() + ": no time left");
  auto result = run_to_end(words, std::min(left, limits.timeout), input);
  if (!result) {
    // Postfix's programs sleep before they end because of an error: that is what to tell.
    const std::size_t fatal = result.error().find(": fatal:");
    return Unexpected<std::string>(
        fatal == std::string::npos ? result.error() : words.front() + result.error().substr(fatal));
  }
  // A miss is status 1 without a word; warnings, as of a table that is not rebuilt yet, are none.
  const bool failed = result->status > 1 || is_failure(result->errors);
  if (failed) {
    return Unexpected<std::string>(words.front() + " ended with status " +
                                   std::to_string(result->status) + ": " +
                                   failure_line(result->errors));
  }
  return ProgramOutput{result->status, std::move(result->output)};
}

Expected<Parameters, std::string> read_parameters(const std::string& config_directory,
                                                  const std::vector<std::string>& names,
                                                  const ProgramLimits& limits) {
  std::vector<std::string> words = {"postconf", "-c", config_directory, "-x"};
  words.insert(words.end(), names.begin(), names.end());
  const auto result = run_program(words, limits);
  if (!result) return Unexpected<std::string>(result.error());
  Parameters parameters;
  std::string_view text = result->output;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t at = line.find('=');
    if (at == line.npos) continue;
    parameters[std::string(ascii::trim(line.substr(0, at)))] = ascii::trim(line.substr(at + 1));
  }
  return parameters;
}

std::string read_origin(const std::string& value) {
  if (!value.starts_with('/')) return value;
  std::string line;
  std::ifstream file(value);
  std::getline(file, line);
  return std::string(ascii::trim(line));
}

}  // namespace postern::io
