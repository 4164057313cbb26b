// What the user of "postern av" gave.
#pragma once

#include <string>
#include <vector>

namespace postern::cli {

struct AvOptions {
  std::string config_file;  ///< Empty: that of the system, if there is one.
  std::vector<std::string> files;
  bool is_message = false;  ///< The files are messages, and not what is attached to one.
  bool json = false;
};

/// Each runs one command and gives the exit status.
int av_scan(const AvOptions& options);
int av_status(const AvOptions& options);
int av_reload(const AvOptions& options);

}  // namespace postern::cli
