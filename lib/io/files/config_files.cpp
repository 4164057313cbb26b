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

std::vector<std::string> drop_ins(const std::string& file) {
  fs::path folder = file;
  folder.replace_extension(".d");
  std::vector<std::string> found;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".toml") found.push_back(entry.path().string());
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

Expected<config::Document, ConfigError> load_config_files(const std::string& file) {
  std::vector<std::string> files = {file};
  const std::vector<std::string> more = drop_ins(file);
  files.insert(files.end(), more.begin(), more.end());
  config::Document document;
  for (const std::string& name : files) {
    const auto text = read_file(name, max_config_size);
    if (!text) {
      const std::string problem =
          text.error().substr(std::min(text.error().size(), name.size() + 2));
      return Unexpected<ConfigError>(ConfigError{name, 0, "cannot be read: " + problem});
    }
    auto part = config::parse_document(*text, name);
    if (!part) return Unexpected<ConfigError>(part.error());
    for (auto& [key, entry] : *part) document[key] = std::move(entry);
  }
  return document;
}

}  // namespace postern::io
