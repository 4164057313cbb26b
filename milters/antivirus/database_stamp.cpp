#include "milters/antivirus/database_stamp.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

namespace postern::avscan {
namespace {

namespace fs = std::filesystem;

// Empty for what is no plain file, such as a directory that freshclam works in.
std::string stamp_of_file(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  return path.filename().string() + ' ' + std::to_string(status.st_size) + ' ' +
         std::to_string(status.st_ino) + ' ' + std::to_string(status.st_mtim.tv_sec) + '.' +
         std::to_string(status.st_mtim.tv_nsec) + '\n';
}

// Files that freshclam and the package keep beside signatures.
bool is_signatures(const fs::path& path) {
  const std::string name = path.filename().string();
  return !name.starts_with('.') && path.extension() != ".dat" && path.extension() != ".lock" &&
         path.extension() != ".tmp";
}

}  // namespace

std::string stamp_of_database(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return stamp_of_file(path);
  std::vector<std::string> stamps;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    if (is_signatures(entry->path())) stamps.push_back(stamp_of_file(entry->path()));
  }
  std::sort(stamps.begin(), stamps.end());
  std::string text;
  for (const std::string& stamp : stamps) text += stamp;
  return text;
}

}  // namespace postern::avscan
