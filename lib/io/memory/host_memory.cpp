#include "lib/io/memory/host_memory.hpp"

#include <algorithm>
#include <charconv>

#include "lib/io/files/config_files.hpp"

namespace postern::io {
namespace {

constexpr std::size_t max_file_size = 1024 * 1024;

std::string read(const std::string& path) {
  return read_file(path, max_file_size).value_or(std::string());
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

// What follows a name at the beginning of a line, without the blanks before it.
std::optional<std::string_view> after_name(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.starts_with(name)) continue;
    line.remove_prefix(name.size());
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    return line;
  }
  return std::nullopt;
}

// The directory of the control group of this process.
std::string group_directory() {
  const std::string text = read("/proc/self/cgroup");
  const auto path = after_name(text, "0::");
  return path && path->starts_with('/') ? "/sys/fs/cgroup" + std::string(*path) : std::string();
}

}  // namespace

std::optional<std::uint64_t> kilobytes_line(std::string_view text, std::string_view name) {
  constexpr std::uint64_t kilobyte = 1024;
  const auto value = after_name(text, std::string(name) + ":");
  const auto count = value ? number(*value) : std::nullopt;
  return count ? std::optional(*count * kilobyte) : std::nullopt;
}

std::optional<std::uint64_t> room_in_group(std::string_view limit, std::string_view current,
                                           std::string_view statistics) {
  const auto most = number(limit);  // "max" is no number
  const auto used = number(current);
  if (!most || !used) return std::nullopt;
  // Pages of files that can be dropped count as used, and are not.
  const auto inactive = after_name(statistics, "inactive_file ");
  const std::uint64_t dropped = inactive ? number(*inactive).value_or(0) : 0;
  const std::uint64_t taken = *used - std::min(*used, dropped);
  return *most - std::min(*most, taken);
}

std::optional<std::uint64_t> available_memory() {
  auto available = kilobytes_line(read("/proc/meminfo"), "MemAvailable");
  const std::string group = group_directory();
  if (group.empty()) return available;
  const auto room = room_in_group(read(group + "/memory.max"), read(group + "/memory.current"),
                                  read(group + "/memory.stat"));
  if (!room) return available;
  return available ? std::min(*available, *room) : *room;
}

std::uint64_t anonymous_memory_of(pid_t process) {
  const std::string status = read("/proc/" + std::to_string(process) + "/status");
  return kilobytes_line(status, "RssAnon").value_or(0);
}

}  // namespace postern::io
