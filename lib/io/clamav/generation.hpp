// What tells one set of signatures from another.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/io/clamav/database_files.hpp"

namespace postern::io {

/// A word for the contents of the files, the version of libclamav, and `options`: equal databases
/// have the same wherever and whenever they were fetched.
/// \param options  What else decides on the result of a scan.
/// \return It, or which file cannot be read.
[[nodiscard]] Expected<std::string, std::string> generation_of(
    const std::vector<DatabaseFile>& files, std::string_view options);

}  // namespace postern::io
