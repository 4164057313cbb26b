#include "lib/io/filter/filter_loader.hpp"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <system_error>

#include "lib/antispam/rules/load.hpp"
#include "lib/io/rules/rule_files.hpp"

namespace postern::io {
namespace {

antispam::FilterState without(std::string problem) {
  return {nullptr, std::move(problem)};
}

// Processor time of this thread: a busy host makes no message more costly, and a flood does not
// switch rules off.
std::chrono::steady_clock::time_point thread_time() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::steady_clock::time_point(std::chrono::seconds(time.tv_sec) +
                                               std::chrono::nanoseconds(time.tv_nsec));
}

bool is_directory(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

}  // namespace

std::string rules_directory(const antispam::Settings& settings) {
  if (!settings.rules_directory.empty()) return settings.rules_directory;
  for (const std::string_view directory : antispam::rules_directories) {
    if (is_directory(std::string(directory))) return std::string(directory);
  }
  return {};
}

antispam::FilterState FilterLoader::load(const antispam::Settings& settings, bool eager) const {
  const std::string directory = rules_directory(settings);
  if (directory.empty()) {
    return without(
        "there are no rules; install the package spamassassin, or run: postern rules update");
  }
  std::error_code error;
  // Once, so that an update that switches the link meanwhile does not mix two states.
  const auto resolved = std::filesystem::canonical(directory, error);
  std::vector<std::string> places = {error ? directory : resolved.string()};
  if (is_directory(settings.site_directory)) places.push_back(settings.site_directory);
  const auto files = read_rule_files({settings.site_directory, std::move(places)});
  if (!files) return without(files.error());
  antispam::LoadOptions options;
  options.local_tests_only = !settings.network;
  options.hostname = hostname_;
  options.include = read_included_rules;
  antispam::RuleSet rules = antispam::load_rules(*files, options);
  if (rules.rules.empty()) return without(directory + ": holds no rules");
  const antispam::FilterTools tools{compiler_, charsets_, thread_time, program_, &digests_};
  return {
      std::make_shared<const antispam::Filter>(std::move(rules), settings, tools, hostname_, eager),
      {}};
}

}  // namespace postern::io
