// Everything that "postern setup" is going to do, before it does any of it.
#pragma once

#include <string>
#include <vector>

#include "cli/file_changes.hpp"
#include "cli/setup_host.hpp"
#include "lib/setup/dovecot_plan.hpp"

namespace postern::cli {

struct SetupPlan {
  FileChanges own;      ///< Drop-ins of our own configuration.
  FileChanges postfix;  ///< main.cf and master.cf.
  FileChanges dovecot;  ///< Files of Dovecot that are added.
  std::vector<setup::ParameterChange> parameters;
  std::string postfix_directory;
  std::string sieve_script;           ///< To be compiled; or empty.
  std::vector<std::string> services;  ///< Daemons to run.
  std::vector<std::string> notes;
  std::string other_signer;  ///< Another milter that signs, and why that is thought; or empty.

  [[nodiscard]] bool empty() const { return own.empty() && postfix.empty() && dovecot.empty(); }
};

/// \return An error that names what is not understood, and so is not touched.
[[nodiscard]] Expected<SetupPlan, std::string> make_plan(const SetupOptions& options,
                                                         const setup::Ledger& ledger);

}  // namespace postern::cli
