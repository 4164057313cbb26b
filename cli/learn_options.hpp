// What the user of "postern learn" gave, and its parts.
#pragma once

#include <string>
#include <vector>

namespace postern::cli {

struct LearnOptions {
  std::string config_file;
  std::string user;
  std::string file;
  std::vector<std::string> messages;  ///< Files, directories, or "-".
  bool receipts = false;
};

// Each gives the exit status.
int learn_status(const LearnOptions& options);
int learn_spam(const LearnOptions& options);
int learn_ham(const LearnOptions& options);
int learn_forget(const LearnOptions& options);
int learn_export(const LearnOptions& options);
int learn_import(const LearnOptions& options);

}  // namespace postern::cli
