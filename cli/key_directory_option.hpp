// Which configuration and which DKIM keys a command uses: those named, else those of the system.
#pragma once

#include <memory>
#include <string>

#include "lib/base/result.hpp"
#include "lib/checks/configuration.hpp"
#include "lib/config/document.hpp"

namespace postern::cli {

/// As io::load_config_files(), with an error fit to be shown.
[[nodiscard]] Expected<config::Document, std::string> load_document(const std::string& config_file);

/// What the milter would read, right or wrong as a whole, with an error fit to be shown.
[[nodiscard]] Expected<std::shared_ptr<const checks::Configuration>, std::string>
load_configuration(const std::string& config_file);

/// Tells on standard error that there is no configuration file, if so: for commands whose output
/// does not say which one they used.
void note_absent_config(const std::string& config_file);

/// \param keys  What --keys says; empty when it was not given.
[[nodiscard]] Expected<std::string, std::string> find_key_directory(
    const std::string& keys, const config::Document& document);

}  // namespace postern::cli
