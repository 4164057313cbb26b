#include "cli/file_changes.hpp"

#include <filesystem>

#include "lib/io/setup/diff.hpp"
#include "lib/io/setup/files.hpp"

namespace postern::cli {
namespace {

Expected<void, std::string> put(const std::string& path,
                                const std::optional<std::string>& content) {
  return content ? io::write_system_file(path, *content) : io::remove_system_file(path);
}

}  // namespace

Expected<void, std::string> FileChanges::add(const std::string& path,
                                             std::optional<std::string> after) {
  auto before = io::read_system_file(path);
  if (!before) return Unexpected<std::string>(before.error());
  if (*before == after) return {};
  changes_.push_back({path, std::move(*before), std::move(after)});
  return {};
}

Expected<std::string, std::string> FileChanges::show() const {
  std::string text;
  for (const FileChange& change : changes_) {
    const auto diff = io::unified_diff(change.path, change.before, change.after);
    if (!diff) return diff;
    text += *diff;
  }
  return text;
}

Expected<void, std::string> FileChanges::carry_out(std::vector<std::string>& made) {
  const auto give_up = [this](std::string problem) {
    const std::string more = take_back();
    return Unexpected<std::string>(std::move(problem) + (more.empty() ? "" : "; " + more));
  };
  for (; done_ < changes_.size(); ++done_) {
    const FileChange& change = changes_[done_];
    const auto now = io::read_system_file(change.path);
    if (!now) return give_up(now.error());
    if (*now != change.before) return give_up(change.path + ": somebody has changed it meanwhile");
    const std::string folder = std::filesystem::path(change.path).parent_path().string();
    const auto folders = io::make_directories(folder);
    if (!folders) return give_up(folders.error());
    made.insert(made.end(), folders->begin(), folders->end());
    const auto written = put(change.path, change.after);
    if (!written) return give_up(written.error());
  }
  return {};
}

std::string FileChanges::take_back() {
  std::string problems;
  while (done_ > 0) {
    const FileChange& change = changes_[--done_];
    const auto now = io::read_system_file(change.path);
    const bool is_ours = now && *now == change.after;
    const auto written = is_ours ? put(change.path, change.before)
                                 : Expected<void, std::string>(Unexpected<std::string>(
                                       change.path + ": somebody has changed it meanwhile"));
    if (!written) problems += (problems.empty() ? "" : "; ") + written.error();
  }
  return problems;
}

}  // namespace postern::cli
