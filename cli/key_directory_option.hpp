// Which configuration and which DKIM keys a command uses: those named, else those of the system.
#pragma once

#include <string>

#include "lib/base/result.hpp"
#include "lib/config/document.hpp"

namespace postern::cli {

/// The configuration file, or that of the system if there is one, or nothing.
/// \param config_file  Empty: the one of the system.
[[nodiscard]] Expected<config::Document, std::string> load_document(const std::string& config_file);

/// Which configuration load_document() reads, as the user is told: the file, or that there is none.
[[nodiscard]] std::string config_source(const std::string& config_file);

/// \param keys  What --keys says; empty when it was not given.
[[nodiscard]] Expected<std::string, std::string> find_key_directory(
    const std::string& keys, const config::Document& document);

}  // namespace postern::cli
