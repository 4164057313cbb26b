#include "lib/io/setup/diff.hpp"

#include <chrono>

#include "lib/io/probe/command.hpp"
#include "lib/io/setup/files.hpp"
#include "lib/io/setup/temporary_directory.hpp"

namespace postern::io {

Expected<std::string, std::string> unified_diff(const std::string& path,
                                                const std::optional<std::string>& before,
                                                const std::optional<std::string>& after) {
  const auto folder = TemporaryDirectory::make();
  if (!folder) return Unexpected<std::string>("/tmp: no directory can be made there");
  const std::string old_file = folder->path() + "/before";
  const std::string new_file = folder->path() + "/after";
  auto written = write_system_file(old_file, before.value_or(""), 0600);
  if (written) written = write_system_file(new_file, after.value_or(""), 0600);
  if (!written) return Unexpected<std::string>(written.error());
  const auto result = run_to_end({"diff", "-u", "--label", before ? path : "/dev/null", "--label",
                                  after ? path : "/dev/null", old_file, new_file},
                                 std::chrono::seconds(10));
  if (!result) return Unexpected<std::string>(result.error());
  if (result->status > 1) return Unexpected<std::string>("diff: " + result->errors);
  return result->output;
}

}  // namespace postern::io
