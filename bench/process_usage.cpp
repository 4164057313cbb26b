// Reads /proc and the CPU clocks of other processes.
#include "bench/process_usage.hpp"

#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::bench {
namespace {

struct StatLine {
  pid_t parent = 0;
  long long children_ticks = 0;  ///< CPU time of children that ended and were waited for.
};

std::string read_proc(pid_t pid, std::string_view name) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/" + std::string(name));
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The numbers of /proc/PID/stat behind the command name, which may hold blanks and parentheses.
std::optional<StatLine> read_stat(pid_t pid) {
  const std::string text = read_proc(pid, "stat");
  const std::size_t end = text.rfind(')');
  if (end == std::string::npos) return std::nullopt;
  StatLine line;
  long long user = 0;
  long long system = 0;
  const int found = std::sscanf(text.c_str() + end + 1,
                                " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %lld %lld",
                                &line.parent, &user, &system);
  if (found != 3) return std::nullopt;
  line.children_ticks = user + system;
  return line;
}

std::map<pid_t, StatLine> all_processes() {
  std::map<pid_t, StatLine> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    pid_t pid = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (parsed.ptr != name.data() + name.size()) continue;
    if (const auto line = read_stat(pid)) found.emplace(pid, *line);
  }
  return found;
}

std::vector<pid_t> tree_of(pid_t root, const std::map<pid_t, StatLine>& processes) {
  std::vector<pid_t> tree;
  if (processes.count(root) != 0) tree.push_back(root);
  for (std::size_t at = 0; at < tree.size(); ++at) {
    for (const auto& [pid, line] : processes) {
      if (line.parent == tree[at]) tree.push_back(pid);
    }
  }
  return tree;
}

/// The kernel's own clock of the process: nanoseconds, where /proc/PID/stat counts 10 ms ticks.
std::chrono::nanoseconds cpu_clock(pid_t pid) {
  clockid_t clock{};
  timespec now{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &now) != 0) return {};
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

/// The number behind a label at the start of a line of a file in /proc/PID, 0 if there is none.
std::uint64_t read_kib(pid_t pid, std::string_view file, const std::string& label) {
  const std::string text = read_proc(pid, file);
  const std::size_t at = text.find("\n" + label);
  if (at == std::string::npos) return 0;
  const std::size_t digits = text.find_first_of("0123456789", at + 1 + label.size());
  std::uint64_t kib = 0;
  if (digits != std::string::npos) {
    std::from_chars(text.data() + digits, text.data() + text.size(), kib);
  }
  return kib;
}

}  // namespace

ProcessUsage read_usage(pid_t root) {
  const auto processes = all_processes();
  const long long ticks_per_second = ::sysconf(_SC_CLK_TCK);
  ProcessUsage usage;
  for (const pid_t pid : tree_of(root, processes)) {
    usage.cpu += cpu_clock(pid) + std::chrono::nanoseconds(1'000'000'000LL / ticks_per_second *
                                                           processes.at(pid).children_ticks);
    usage.peak_rss_kib += read_kib(pid, "status", "VmHWM:");
    usage.pss_kib += read_kib(pid, "smaps_rollup", "Pss:");
    ++usage.processes;
  }
  return usage;
}

void reset_peak(pid_t root) {
  for (const pid_t pid : tree_of(root, all_processes())) {
    std::ofstream("/proc/" + std::to_string(pid) + "/clear_refs") << "5";  // proc(5)
  }
}

}  // namespace postern::bench
