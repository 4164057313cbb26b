// What main.cf says about the way from a recipient to its mailboxes, read through postconf(1).
#pragma once

#include <string>

#include "lib/base/result.hpp"
#include "lib/io/postfix/programs.hpp"
#include "lib/recipients/names.hpp"

namespace postern::io {

/// By one process. Files that myorigin and mydestination name are read too; if one of mydestination
/// cannot be, or it excludes domains ("!name"), Names::has_more_local_domains is set.
///
/// Tables lose their "proxy:"; none of alias_maps are left if local_transport is not local(8),
/// which alone reads them. Canonical tables that are not for envelope recipients are left out.
[[nodiscard]] Expected<recipients::Names, std::string> read_names(
    const std::string& config_directory, const ProgramLimits& limits);

}  // namespace postern::io
