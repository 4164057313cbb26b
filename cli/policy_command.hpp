// What the user of "postern policy" gave.
#pragma once

#include <string>
#include <vector>

namespace postern::cli {

struct PolicyOptions {
  std::string config_file;
  std::string zone_file;
  // "policy try"
  std::vector<std::string> attributes;
  std::vector<std::string> again;
  // "policy replay"
  std::string log_file;
  bool all = false;
};

/// "policy replay LOG"; gives the exit status.
int replay_log(const PolicyOptions& options);

}  // namespace postern::cli
