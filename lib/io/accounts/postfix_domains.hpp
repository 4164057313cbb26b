// Whether Postfix takes mail for the domains of accounts.
#pragma once

#include <string>

namespace postern::io {

/// What the settings of Postfix say against a domain of ours; empty when nothing, or when they
/// cannot be read.
/// \param domains_file  The table of our domains.
[[nodiscard]] std::string objection_of_postfix(const std::string& config_directory,
                                               const std::string& domains_file,
                                               const std::string& domain);

}  // namespace postern::io
