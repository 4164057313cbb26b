#include "lib/io/rules/rule_files.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "lib/base/ascii.hpp"
#include "lib/io/files/regular_file.hpp"

namespace postern::io {
namespace {

namespace fs = std::filesystem;
using antispam::RuleFile;
using Failure = Unexpected<std::string>;
using Names = Expected<std::vector<std::string>, std::string>;

bool has_suffix(std::string_view name, std::string_view suffix) {
  return name.size() >= suffix.size() &&
         ascii::equals_ignoring_case(name.substr(name.size() - suffix.size()), suffix);
}

// Files of a folder, by name; the channel of SpamAssassin itself first, so that other channels can
// change its scores.
Names files_in(const std::string& folder, std::string_view suffix) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    std::error_code unknown;
    if (has_suffix(name, suffix) && entry->is_regular_file(unknown)) names.push_back(name);
    if (names.size() > max_rule_files) {
      return Failure(folder + ": has more than " + std::to_string(max_rule_files) + " files");
    }
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    return Failure(folder + ": " + error.message());
  }
  std::sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
    constexpr std::string_view first = "updates_spamassassin_org.cf";
    return std::pair(a != first, std::string_view(a)) < std::pair(b != first, std::string_view(b));
  });
  for (std::string& name : names) name.insert(0, folder + (folder.ends_with('/') ? "" : "/"));
  return names;
}

bool is_folder(const std::string& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

// The path of a file below a folder, without "."; empty: it is not below it.
std::string below(const std::string& folder, const std::string& path) {
  const fs::path relative =
      fs::path(path).lexically_normal().lexically_relative(fs::path(folder).lexically_normal());
  const bool leads_out = relative.empty() || *relative.begin() == ".." || relative == ".";
  return leads_out ? std::string() : relative.string();
}

bool is_of_root(const std::string& folder) {
  struct stat status {};
  return ::lstat(folder.c_str(), &status) == 0 && status.st_uid == 0;
}

class Collector {
 public:
  // The files of a folder that end so, or the file itself where it does.
  bool add(const std::string& path, std::string_view suffix, const std::string& within) {
    if (!is_folder(path)) {
      return has_suffix(path, ".pre") != (suffix == ".pre") || add_file(path, within);
    }
    const Names names = files_in(path, suffix);
    if (!names) return fail(names.error());
    return std::all_of(names->begin(), names->end(),
                       [&](const std::string& name) { return add_file(name, within); });
  }

  [[nodiscard]] Expected<std::vector<RuleFile>, std::string> result() {
    if (!problem_.empty()) return Failure(problem_);
    return std::move(files_);
  }

 private:
  bool add_file(const std::string& name, const std::string& within) {
    auto text = within.empty() || is_of_root(within)
                    ? read_regular_file(name, max_rule_file_size)
                    : read_file_beneath(within, below(within, name), max_rule_file_size);
    if (!text) return fail(text.error());
    files_.push_back({name, std::move(*text), within});
    return true;
  }

  bool fail(const std::string& problem) {
    problem_ = problem;
    return false;
  }

  std::vector<RuleFile> files_;
  std::string problem_;
};

std::string without_slashes(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

}  // namespace

Expected<std::vector<RuleFile>, std::string> read_rule_files(const RulePlaces& places) {
  std::vector<std::string> before = places.rules;
  std::error_code error;
  // What is there but hidden is told by its reader.
  if (fs::exists(places.site, error) || error) before.insert(before.begin(), places.site);
  Collector collector;
  const auto add_all = [&](const std::vector<std::string>& paths, std::string_view suffix) {
    return std::all_of(paths.begin(), paths.end(), [&](const std::string& path) {
      const bool is_own = path == places.site || !is_folder(path);
      return collector.add(path, suffix, is_own ? std::string() : without_slashes(path));
    });
  };
  if (add_all(before, ".pre")) add_all(places.rules, ".cf");
  return collector.result();
}

Expected<std::vector<RuleFile>, std::string> read_included_rules(const std::string& path,
                                                                 const RuleFile& from) {
  if (!from.within.empty() && below(from.within, path).empty()) {
    return Failure("lies outside of " + from.within +
                   ", whose files include no others; include it in a file of the site");
  }
  Collector collector;
  if (!collector.add(path, has_suffix(path, ".pre") ? ".pre" : ".cf", from.within)) {
    const std::string problem = collector.result().error();
    return Failure("cannot be read; correct its name or its mode (" + problem + ")");
  }
  return collector.result();
}

Expected<std::string, std::string> resolve_rules_folder(const std::string& given) {
  const std::string path = without_slashes(given);
  std::error_code error;
  struct stat status {};
  const bool is_link = ::lstat(path.c_str(), &status) == 0 && S_ISLNK(status.st_mode);
  if (!is_link || status.st_uid == 0) {
    const fs::path resolved = fs::canonical(path, error);
    return error ? given : resolved.string();  // what is not there is told by its reader
  }
  const fs::path target = fs::read_symlink(path, error);
  if (error) return Failure(path + ": " + error.message());
  if (target.has_parent_path() || target == ".." || target == ".") {
    return Failure(path + ": leads to " + target.string() + " and is not root's; a link of user " +
                   std::to_string(status.st_uid) + " may only name a folder beside it");
  }
  const fs::path parent = fs::canonical(fs::absolute(path).parent_path(), error);
  if (error) return Failure(path + ": " + error.message());
  return (parent / target).string();
}

std::optional<std::int64_t> rules_written(const std::string& folder) {
  std::optional<std::int64_t> newest, oldest_update;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().string();
    struct stat status {};
    if (!has_suffix(name, ".cf") || ::lstat(name.c_str(), &status) != 0) continue;
    const std::int64_t written = status.st_mtim.tv_sec;
    newest = std::max(newest.value_or(written), written);
    if (!is_folder(fs::path(name).replace_extension())) continue;
    oldest_update = std::min(oldest_update.value_or(written), written);
  }
  return oldest_update ? oldest_update : newest;
}

}  // namespace postern::io
