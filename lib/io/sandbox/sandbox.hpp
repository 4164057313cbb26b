// What a process gives up for good before it looks into what strangers send.
//
// A process in the sandbox computes, uses the descriptors it has, and makes files below one
// directory. Whatever else it wants opened, and every other system call that is not on a short
// list, waits until the Broker of its parent has decided (broker.hpp).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "lib/base/result.hpp"
#include "lib/io/files/file_descriptor.hpp"

namespace postern::io {

struct Sandbox {
  std::string directory;           ///< The only place where files are made; an absolute path.
  int root = -1;                   ///< An open descriptor of it.
  int socket = -1;                 ///< The only one over which the process talks.
  std::uint64_t memory = 0;        ///< Octets of address space beyond what the process has now.
  std::uint64_t file_size = 0;     ///< Octets of one file that it writes.
  std::uint64_t descriptors = 64;  ///< Open at the same time.
};

struct Sandboxed {
  FileDescriptor listener;    ///< What a Broker needs to answer the calls that wait.
  bool opens_itself = false;  ///< What is named from Sandbox::root on does not wait.
};

/// Gives up new privileges, capabilities, core dumps, and most system calls. The process must have
/// one thread. It also ends with the thread that made it, if that has not been asked for before.
/// \return The listener has to get to the parent by sendmsg(2) over `socket`, and this copy be
///         closed. Or what the system does not allow: then the process is confined in part, and
///         must end.
[[nodiscard]] Expected<Sandboxed, std::string> enter_sandbox(const Sandbox& sandbox);

/// Gives a process in the sandbox this much more processor time from now on; it is killed with
/// SIGXCPU when that is used up.
[[nodiscard]] bool allow_processor_time(std::chrono::seconds time);

/// What the kernel lacks for the sandbox to be all that it can be, in a sentence; empty: nothing.
[[nodiscard]] std::string sandbox_shortcoming();

}  // namespace postern::io
