// What the user of "postern dkim" gave, and the commands it can be given to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace postern::cli {

struct DkimOptions {
  std::string domain;
  std::string selector;
  std::string type = "both";
  std::string form = "all";
  unsigned bits = 2048;
  bool active = false;
  bool force = false;
  bool all_domains = false;
  bool automatic = false;
  bool pending = false;
  bool quiet = false;
  std::optional<unsigned> every_days;  ///< Age at which --auto replaces an active key.
  unsigned retire_after_days = 30;
  std::string settle = "1h";
  std::vector<std::string> files;  ///< To be imported.
  std::string keys;                ///< The key directory; empty: that of the configuration.
  std::string config_file;         ///< Empty: the default one, if it exists.
  std::string zone_file;
  std::optional<std::int64_t> time;  ///< Seconds since the epoch instead of now.
  bool json = false;
};

/// Each runs one command and gives the exit status.
int dkim_create(const DkimOptions& options);
int dkim_list(const DkimOptions& options);
int dkim_show(const DkimOptions& options);
int dkim_check(const DkimOptions& options);
int dkim_rotate(const DkimOptions& options);
int dkim_activate(const DkimOptions& options);
int dkim_retire(const DkimOptions& options);
int dkim_revoke(const DkimOptions& options);
int dkim_remove(const DkimOptions& options);
int dkim_import_opendkim(const DkimOptions& options);
int dkim_import_rspamd(const DkimOptions& options);

}  // namespace postern::cli
