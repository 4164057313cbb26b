// Whether the files of signatures have changed.
#pragma once

#include <string>

namespace postern::avscan {

/// Names, sizes, and times of the files of a directory, or of one file; equal as long as nothing
/// was written. Empty: there is none.
[[nodiscard]] std::string stamp_of_database(const std::string& path);

}  // namespace postern::avscan
