#include "lib/io/filter/filter_loader.hpp"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <random>
#include <system_error>

#include "lib/antispam/rules/load.hpp"
#include "lib/io/idn2/to_ascii_domain.hpp"

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

antispam::Secret random_secret() {
  std::random_device device;
  const auto word = [&device] { return std::uint64_t{device()} << 32U | std::uint64_t{device()}; };
  return {word(), word()};
}

class SharedListMemory final : public antispam::ListMemory {
 public:
  std::vector<std::string> note(const antispam::ListReport& report, std::int64_t now) override {
    const std::lock_guard lock(mutex_);
    return health_.note(report, now);
  }
  [[nodiscard]] std::vector<std::string> left_alone(std::int64_t now) const override {
    const std::lock_guard lock(mutex_);
    return health_.left_alone(now);
  }

 private:
  mutable std::mutex mutex_;
  antispam::ListHealth health_;  // guarded by mutex_
};

bool is_directory(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

}  // namespace

FilterLoader::FilterLoader(std::string hostname, std::string program)
    : hostname_(std::move(hostname)),
      program_(std::move(program)),
      secret_(random_secret()),
      lists_(std::make_unique<SharedListMemory>()) {}

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
  if (!settings.rules_directory.empty() && !is_directory(directory)) {
    return without("antispam.rules: " + directory +
                   " is no directory that can be read; correct it, or leave it out to use what "
                   "postern rules update or the package spamassassin has put in its place");
  }
  const auto resolved = resolve_rules_folder(directory);
  if (!resolved) return without(resolved.error());
  RulePlaces places{settings.site_directory, {*resolved}};
  if (is_directory(settings.site_directory)) places.rules.push_back(settings.site_directory);
  antispam::FilterState state = load(settings, places, eager);
  if (state.filter == nullptr || !state.filter->rules().rules.empty()) return state;
  return without(directory + ": holds no rules");
}

antispam::FilterState FilterLoader::load(const antispam::Settings& settings,
                                         const RulePlaces& places, bool eager) const {
  const auto files = read_rule_files(places);
  if (!files) return without(files.error());
  antispam::LoadOptions options;
  options.local_tests_only = !settings.network;
  options.hostname = hostname_;
  options.include = read_included_rules;
  antispam::RuleSet rules = antispam::load_rules(*files, options);
  const antispam::FilterTools tools{compiler_, charsets_,       thread_time,
                                    program_,  &digests_,       lists_.get(),
                                    secret_,   to_ascii_domain, std::chrono::steady_clock::now};
  return {
      std::make_shared<const antispam::Filter>(std::move(rules), settings, tools, hostname_, eager),
      {}};
}

}  // namespace postern::io
