// The files that a database of signatures is made of.
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.hpp"

namespace postern::io {

struct DatabaseFile {
  std::string name;  ///< In the directory; if the database is one file, its own.
  std::string path;
};

/// The plain files of a directory in the order of their names, without those in which freshclam
/// keeps its own affairs; or the one file that `path` is.
/// \return They, or what is wrong and how it is put right.
[[nodiscard]] Expected<std::vector<DatabaseFile>, std::string> list_database(
    const std::string& path);

/// What is said of a database that has nothing to load.
[[nodiscard]] std::string no_signatures(const std::string& path);

}  // namespace postern::io
