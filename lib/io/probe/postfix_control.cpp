#include "lib/io/probe/postfix_control.hpp"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <vector>

#include "lib/base/ascii.hpp"
#include "lib/io/probe/command.hpp"

namespace postern::io {
namespace {

constexpr std::chrono::seconds patience{30};

std::vector<std::string> command(const std::string& directory, const char* word) {
  if (directory.empty()) return {"postfix", word};
  return {"postfix", "-c", directory, word};
}

}  // namespace

bool postfix_runs(const std::string& directory) {
  const auto running = run_to_end(command(directory, "status"), patience);
  return running && running->status == 0;
}

Expected<void, std::string> reload_postfix(const std::string& directory) {
  const auto running = run_to_end(command(directory, "status"), patience);
  if (!running) return Unexpected<std::string>(running.error());
  if (running->status != 0) {
    // It says the same of a Postfix that does not run and of one whose configuration is gone.
    const std::string main = directory + "/main.cf";
    if (!directory.empty() && ::access(main.c_str(), R_OK) != 0) {
      return Unexpected<std::string>(main + ": " + std::generic_category().message(errno));
    }
    return {};
  }
  const auto reloaded = run_to_end(command(directory, "reload"), patience);
  if (!reloaded) return Unexpected<std::string>(reloaded.error());
  if (reloaded->status == 0) return {};
  return Unexpected<std::string>("postfix reload ended with status " +
                                 std::to_string(reloaded->status) + ": " +
                                 std::string(ascii::trim(reloaded->errors)));
}

}  // namespace postern::io
