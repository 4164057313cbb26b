#include "cli/key_directory_option.hpp"

#include <cstdio>

#include "lib/config/setting.hpp"
#include "lib/io/files/config_files.hpp"
#include "lib/io/files/host_name.hpp"
#include "lib/io/files/key_directory.hpp"
#include "lib/parameters/parameters.hpp"

namespace postern::cli {
namespace {

constexpr const char* parameter = "signing.keys";

}  // namespace

Expected<config::Document, std::string> load_document(const std::string& config_file) {
  auto loaded = io::load_config_files(config_file);
  if (!loaded) return Unexpected<std::string>(loaded.error().text());
  return std::move(*loaded);
}

Expected<std::shared_ptr<const checks::Configuration>, std::string> load_configuration(
    const std::string& config_file) {
  const auto document = load_document(config_file);
  if (!document) return Unexpected<std::string>(document.error());
  auto configuration = parameters::load(*document, io::host_name());
  if (!configuration) return Unexpected<std::string>(configuration.error().text());
  return std::move(*configuration);
}

void note_absent_config(const std::string& config_file) {
  if (!io::find_config_file(config_file).empty()) return;
  std::fprintf(stderr, "postern: %s\n", io::describe_config(config_file).c_str());
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
