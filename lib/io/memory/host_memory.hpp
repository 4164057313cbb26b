// How much memory there is, and what a process takes: proc(5), cgroups(7).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::io {

/// Octets that can be had without driving the host, or the control group of this process, into
/// swap. \return Nothing when the system does not say.
[[nodiscard]] std::optional<std::uint64_t> available_memory();

/// Octets of memory of its own that a process has, shared with its children or not; 0 when it
/// cannot be told.
[[nodiscard]] std::uint64_t anonymous_memory_of(pid_t process);

/// The number, in octets, of a line "NAME: NUMBER kB" of a file in proc(5).
[[nodiscard]] std::optional<std::uint64_t> kilobytes_line(std::string_view text,
                                                          std::string_view name);

/// What a control group (version 2) leaves, from the texts of its files memory.max,
/// memory.current, and memory.stat; nothing when it has no limit.
[[nodiscard]] std::optional<std::uint64_t> room_in_group(std::string_view limit,
                                                         std::string_view current,
                                                         std::string_view statistics);

}  // namespace postern::io
