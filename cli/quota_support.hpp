// What the commands below "postern quota" share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/store_access.hpp"
#include "lib/quota/usage.hpp"

namespace postern::cli {

struct QuotaOptions {
  std::string config_file;
  std::string user;
  std::string dovecot_config = "/etc/dovecot/dovecot.conf";
  bool all = false;
};

/// Of all users that are known, by name.
[[nodiscard]] Expected<std::vector<quota::Usage>, std::string> published(store::Store& store);

/// Prints one line for a mailbox.
[[nodiscard]] Expected<void, std::string> print(const OpenSite& open, const quota::Usage& usage);

/// "quota recalc".
int quota_recalc(const QuotaOptions& options);

}  // namespace postern::cli
