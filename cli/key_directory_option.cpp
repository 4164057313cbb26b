#include "cli/key_directory_option.hpp"

#include <filesystem>

#include "lib/config/setting.hpp"
#include "lib/io/files/config_files.hpp"
#include "lib/io/files/key_directory.hpp"

namespace postern::cli {
namespace {

constexpr const char* parameter = "signing.keys";

bool has_default_file() {
  std::error_code error;
  const bool exists = std::filesystem::exists(io::default_config_file, error);
  return exists || error;  // one that is there but hidden is not passed over in silence
}

}  // namespace

Expected<config::Document, std::string> load_document(const std::string& config_file) {
  if (config_file.empty() && !has_default_file()) return config::Document();
  auto loaded = io::load_config_files(config_file.empty() ? io::default_config_file : config_file);
  if (!loaded) return Unexpected<std::string>(loaded.error().text());
  return std::move(*loaded);
}

std::string config_source(const std::string& config_file) {
  if (!config_file.empty()) return config_file;
  const std::string file = io::default_config_file;
  return has_default_file() ? file : "built-in defaults; there is no " + file;
}

Expected<std::string, std::string> find_key_directory(const std::string& keys,
                                                      const config::Document& document) {
  if (!keys.empty()) return keys;
  const auto found = document.find(parameter);
  if (found == document.end()) return std::string(io::default_key_directory);
  const auto path = config::ValueType<std::string>::read(found->second.value);
  if (path && path->starts_with('/')) return *path;
  return Unexpected<std::string>(
      config::ConfigError{found->second.file, found->second.line,
                          std::string(parameter) + ": is no absolute path in quotes"}
          .text());
}

}  // namespace postern::cli
