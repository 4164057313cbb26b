// Checks of the host itself: clock, key files, disks, our configuration.
#include <algorithm>

#include "lib/doctor/check.hpp"
#include "lib/doctor/support.hpp"

namespace postern::doctor {
namespace {

constexpr std::uint64_t mebibyte = 1024 * 1024;
constexpr std::uint64_t least_free = 200 * mebibyte;

unsigned percent_of(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return 100;
  return static_cast<unsigned>(static_cast<double>(part) * 100 / static_cast<double>(whole));
}

// Postfix itself refuses mail below 1.5 times message_size_limit (queue_minfree).
std::uint64_t refusal_limit(const Facts& facts) {
  if (!facts.postfix) return 0;
  const std::string value = facts.postfix->value("message_size_limit");
  std::uint64_t size = 0;
  for (const char c : std::string_view(value).substr(0, 15)) {
    if (c >= '0' && c <= '9') size = size * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return size + size / 2;
}

void judge_disk(Context& context, const DiskFact& disk) {
  constexpr unsigned least_percent = 5;
  const std::string detail = std::to_string(disk.free_bytes / mebibyte) + " MiB free";
  const std::string mend = "du -xh --max-depth=2 / | sort -h | tail";
  const std::string what = "disk of the " + disk.used_for + " ";
  if (disk.free_bytes < std::max<std::uint64_t>(refusal_limit(context.facts()), mebibyte)) {
    context.add(Severity::error, disk.directory, what + "is full: mail is refused or deferred",
                mend, detail);
  } else if (disk.total_inodes > 0 &&
             percent_of(disk.free_inodes, disk.total_inodes) < least_percent) {
    context.add(Severity::warning, disk.directory, what + "is almost out of inodes",
                "find " + disk.directory + " -xdev -type f | wc -l", "");
  } else if (disk.free_bytes < least_free ||
             percent_of(disk.free_bytes, disk.total_bytes) < least_percent) {
    context.add(Severity::warning, disk.directory, what + "is almost full", mend, detail);
  } else {
    context.add(Severity::ok, disk.directory, what + "has room", "", detail);
  }
}

// "FILE: problem; mend it with: COMMAND", as the key directory says it.
void judge_key_problem(Context& context, const std::string& problem) {
  constexpr std::string_view remedy_mark = "; mend it with: ";
  const std::size_t colon = problem.find(": ");
  const std::size_t mark = std::min(problem.find(remedy_mark), problem.size());
  if (colon == problem.npos || colon > mark) {
    context.error("keys", problem, "postern dkim list");
    return;
  }
  const std::string remedy =
      mark == problem.size() ? "postern dkim list" : problem.substr(mark + remedy_mark.size());
  context.error(problem.substr(0, colon), problem.substr(colon + 2, mark - colon - 2), remedy);
}

}  // namespace

void check_clock(Context& context) {
  const auto& clock = context.facts().clock;
  if (!clock) {
    context.skipped("clock", clock.error());
  } else if (clock->synchronized) {
    context.ok("clock", "is synchronized");
  } else if (!clock->is_ours) {
    context.skipped("clock", "belongs to the host of this container; look there");
  } else {
    context.warning("clock", "is not synchronized: signatures may bear the wrong time",
                    "timedatectl set-ntp true");
  }
}

void check_key_files(Context& context) {
  const auto& problems = context.facts().key_problems;
  if (!problems) {
    context.skipped("keys", problems.error());
    return;
  }
  for (const std::string& problem : *problems) judge_key_problem(context, problem);
  if (!problems->empty()) return;
  const bool any = context.facts().keys && !context.facts().keys->empty();
  context.ok("keys", any ? "can be used, and read by their owner only" : "there are none yet");
}

void check_disks(Context& context) {
  const auto& disks = context.facts().disks;
  if (!disks) {
    context.skipped("disks", disks.error());
    return;
  }
  for (const DiskFact& disk : *disks) judge_disk(context, disk);
}

void check_config(Context& context) {
  const auto& config = context.facts().config;
  if (!config) {
    context.error("postern.toml", config.error(), "mend that line, then: postern config check");
  } else if (config->is_default) {
    context.info(config->file, "does not exist; the built-in defaults are in force");
  } else {
    context.ok(config->file, "can be used");
  }
}

}  // namespace postern::doctor
