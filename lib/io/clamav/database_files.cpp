#include "lib/io/clamav/database_files.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace postern::io {
namespace {

namespace fs = std::filesystem;

constexpr const char* fetch = "run freshclam (package clamav-freshclam), which fetches them";

bool is_of_database(const fs::directory_entry& entry) {
  std::error_code error;
  const std::string name = entry.path().filename().string();
  return !name.starts_with('.') && entry.path().extension() != ".dat" &&
         entry.path().extension() != ".lock" && entry.path().extension() != ".tmp" &&
         entry.is_regular_file(error);
}

Unexpected<std::string> unreadable(const std::string& path, const std::error_code& error) {
  std::string problem = path + ": " + error.message() + "; ";
  if (error == std::errc::permission_denied) {
    problem += "let the scanner's user read it";
  } else {
    problem.append("signatures belong there: ").append(fetch).append(", or set scanner.database");
  }
  return Unexpected<std::string>(std::move(problem));
}

}  // namespace

Expected<std::vector<DatabaseFile>, std::string> list_database(const std::string& path) {
  std::error_code error;
  const bool is_directory = fs::is_directory(path, error);
  if (error) return unreadable(path, error);
  if (!is_directory) return std::vector<DatabaseFile>{{fs::path(path).filename(), path}};
  std::vector<DatabaseFile> files;
  fs::directory_iterator entry(path, error);
  for (const fs::directory_iterator end; !error && entry != end; entry.increment(error)) {
    if (is_of_database(*entry)) files.push_back({entry->path().filename(), entry->path()});
  }
  if (error) return unreadable(path, error);
  std::sort(files.begin(), files.end(),
            [](const DatabaseFile& a, const DatabaseFile& b) { return a.name < b.name; });
  if (files.empty()) return Unexpected<std::string>(no_signatures(path));
  return files;
}

std::string no_signatures(const std::string& path) {
  return path + " has no signatures; " + fetch;
}

}  // namespace postern::io
