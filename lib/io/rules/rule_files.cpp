#include "lib/io/rules/rule_files.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "lib/base/ascii.hpp"
#include "lib/io/files/config_files.hpp"

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

class Collector {
 public:
  // The files of a folder that end so, or the file itself where it does.
  bool add(const std::string& path, std::string_view suffix) {
    if (!is_folder(path)) return has_suffix(path, ".pre") != (suffix == ".pre") || add_file(path);
    const Names names = files_in(path, suffix);
    if (!names) return fail(names.error());
    return std::all_of(names->begin(), names->end(),
                       [&](const std::string& name) { return add_file(name); });
  }

  [[nodiscard]] Expected<std::vector<RuleFile>, std::string> result() {
    if (!problem_.empty()) return Failure(problem_);
    return std::move(files_);
  }

 private:
  bool add_file(const std::string& name) {
    auto text = read_file(name, max_rule_file_size);
    if (!text) return fail(text.error());
    files_.push_back({name, std::move(*text)});
    return true;
  }

  bool fail(const std::string& problem) {
    problem_ = problem;
    return false;
  }

  std::vector<RuleFile> files_;
  std::string problem_;
};

}  // namespace

Expected<std::vector<RuleFile>, std::string> read_rule_files(const RulePlaces& places) {
  const bool are_given = !places.rules.empty();
  std::vector<std::string> rules = places.rules;
  if (!are_given) {
    rules = {is_folder(own_rules_directory)       ? own_rules_directory
             : is_folder(updated_rules_directory) ? updated_rules_directory
                                                  : packaged_rules_directory};
  }
  std::vector<std::string> before = rules, after = rules;
  before.insert(before.begin(), places.site);
  if (!are_given) after.push_back(places.site);
  const auto exists = [](const std::string& path) {
    std::error_code error;
    return fs::exists(path, error) || error;  // what is there but hidden is told by its reader
  };
  if (!exists(places.site)) {
    before.erase(before.begin());
    if (!are_given) after.pop_back();
  }
  Collector collector;
  const auto add_all = [&](const std::vector<std::string>& paths, std::string_view suffix) {
    return std::all_of(paths.begin(), paths.end(),
                       [&](const std::string& path) { return collector.add(path, suffix); });
  };
  if (add_all(before, ".pre")) add_all(after, ".cf");
  return collector.result();
}

std::optional<std::vector<RuleFile>> read_included_rules(const std::string& path) {
  Collector collector;
  std::error_code error;
  if (!fs::exists(path, error)) return std::nullopt;
  if (!collector.add(path, has_suffix(path, ".pre") ? ".pre" : ".cf")) return std::nullopt;
  auto files = collector.result();
  if (!files) return std::nullopt;
  return std::move(*files);
}

}  // namespace postern::io
