// Taking over the keys that another signer's configuration names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/dkim_options.hpp"
#include "lib/keyring/import.hpp"

namespace postern::cli {

/// Everything one import has found.
struct ImportRun {
  std::vector<keyring::ImportPlan> plans;
  std::string signer;  ///< Its name, for what the operator is told to do next.
};

/// Reads the private keys, adds them to the key directory, and prints what happened: warnings on
/// standard error. A domain has one active key of each type; others of it come in as retired.
/// \return The exit status: 1 when no key could be taken over.
int import_keys(const DkimOptions& options, const ImportRun& run);

}  // namespace postern::cli
