// Where tests find the files of public suites.
#pragma once

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace postern::test {

/// A file below $POSTERN_CONFORMANCE, by default ../shared/conformance; empty text if it is not
/// there.
[[nodiscard]] inline std::string read_suite_file(std::string_view path) {
  const char* folder = std::getenv("POSTERN_CONFORMANCE");
  std::string name = folder != nullptr ? folder : "../shared/conformance";
  std::ifstream file(name.append("/").append(path), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace postern::test
