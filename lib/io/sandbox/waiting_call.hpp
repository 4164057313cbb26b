// A system call of a process in the sandbox that waits for a decision, as the kernel tells of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

struct seccomp_notif;

namespace postern::io {

struct WaitingCall {
  enum class Kind { open, make_directory, remove_directory, unlink, other };
  Kind kind = Kind::other;
  std::uint64_t id = 0;
  int number = 0;
  std::uint32_t architecture = 0;
  /// Where in its memory the process has the path; nothing if the call names none, or names it
  /// relative to a directory that is open.
  std::optional<std::uint64_t> path;
  std::uint64_t flags = 0;  ///< Of open.
  std::uint64_t mode = 0;   ///< Of what is made.
};

[[nodiscard]] WaitingCall read_call(const seccomp_notif& notification);

/// The name of the system call, or its number.
[[nodiscard]] std::string name_of(const WaitingCall& call);

}  // namespace postern::io
