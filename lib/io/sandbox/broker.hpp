// Decides on what a process in the sandbox (sandbox.hpp) may not do by itself.
//
// It lives in the parent. Files below the sandbox's directory it opens itself and hands over, so
// that the process can change nothing after the decision; anything else ends the process.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "lib/io/files/file_descriptor.hpp"
#include "lib/io/sandbox/waiting_call.hpp"

namespace postern::io {

struct ForbiddenCall {
  std::string call;    ///< Name of the system call, or its number.
  std::string detail;  ///< The path that it named, printable and cut; empty if it named none.
};

class Broker {
 public:
  /// \param listener   From enter_sandbox() in the child.
  /// \param child      A process of ours that has not been waited for: its number is nobody else's.
  /// \param directory  The sandbox's.
  Broker(FileDescriptor listener, pid_t child, std::string directory);

  /// Readable when a call waits; hung up when the process has ended.
  [[nodiscard]] int descriptor() const { return listener_.get(); }

  /// Decides on one call that waits. What is forbidden kills the process with SIGKILL before it
  /// happens. \return It, or nothing.
  [[nodiscard]] std::optional<ForbiddenCall> answer();

 private:
  [[nodiscard]] std::optional<std::string> read_path(const WaitingCall& call) const;
  [[nodiscard]] std::optional<std::string> below(const std::string& path) const;
  [[nodiscard]] bool allow(const WaitingCall& call, const std::string& path) const;
  [[nodiscard]] bool open(const WaitingCall& call, const std::string& path) const;
  [[nodiscard]] bool change(const WaitingCall& call, const std::string& path) const;
  void respond(const WaitingCall& call, int error) const;
  void hand_over(const WaitingCall& call, int file) const;

  FileDescriptor listener_;
  pid_t child_;
  std::string directory_;
  FileDescriptor root_;
};

}  // namespace postern::io
