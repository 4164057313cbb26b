#include "lib/io/files/config_files.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>
#include <vector>

namespace postern::io {
namespace {

namespace fs = std::filesystem;
using config::ConfigError;

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

ConfigError unreadable(const std::string& name, const std::string& problem) {
  return {name, 0, "cannot be read: " + problem};
}

// The files in the folder beside `file`, whether that exists or not.
Expected<std::vector<std::string>, ConfigError> drop_ins(const std::string& file) {
  fs::path folder = file;
  folder.replace_extension(".d");
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".toml") found.push_back(entry->path().string());
  }
  // One that is there but hidden is not passed over in silence.
  if (error && error != std::errc::no_such_file_or_directory &&
      error != std::errc::not_a_directory) {
    return Unexpected<ConfigError>(unreadable(folder.string(), error.message()));
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

Expected<std::string, std::string> read_file(const std::string& file, std::size_t max_size) {
  errno = 0;
  const std::unique_ptr<std::FILE, CloseFile> stream(std::fopen(file.c_str(), "rbe"));
  const auto failure = [&](int error) {
    return Unexpected<std::string>(file + ": " + std::generic_category().message(error));
  };
  if (!stream) return failure(errno);
  std::string content;
  std::vector<char> buffer(65536);
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), stream.get())) {
    if (content.size() + size > max_size) {
      return Unexpected<std::string>(file + ": is larger than " + std::to_string(max_size) +
                                     " bytes");
    }
    content.append(buffer.data(), size);
  }
  if (std::ferror(stream.get()) != 0) return failure(errno);
  return content;
}

std::string find_config_file(const std::string& given, const std::string& of_system) {
  if (!given.empty()) return given;
  std::error_code error;
  const bool exists = fs::exists(of_system, error);
  return exists || error ? of_system : "";  // what is there but hidden is an error of its reader
}

std::string describe_config(const std::string& given, const std::string& of_system) {
  std::string file = find_config_file(given, of_system);
  if (!file.empty()) return file;
  const auto parts = drop_ins(of_system);
  const bool has_parts = !parts || !parts->empty();
  const std::string folder = fs::path(of_system).replace_extension(".d").string();
  return (has_parts ? folder : "built-in defaults") + "; there is no " + of_system;
}

Expected<config::Document, ConfigError> load_config_files(const std::string& given,
                                                          const std::string& of_system) {
  const std::string file = find_config_file(given, of_system);
  const auto parts = drop_ins(file.empty() ? of_system : file);
  if (!parts) return Unexpected<ConfigError>(parts.error());
  std::vector<std::string> files;
  if (!file.empty()) files.push_back(file);
  files.insert(files.end(), parts->begin(), parts->end());
  config::Document document;
  for (const std::string& name : files) {
    const auto text = read_file(name, max_config_size);
    if (!text) {
      return Unexpected<ConfigError>(
          unreadable(name, text.error().substr(std::min(text.error().size(), name.size() + 2))));
    }
    auto part = config::parse_document(*text, name);
    if (!part) return Unexpected<ConfigError>(part.error());
    for (auto& [key, entry] : *part) document[key] = std::move(entry);
  }
  return document;
}

}  // namespace postern::io
