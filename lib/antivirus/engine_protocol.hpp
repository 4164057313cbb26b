// What the supervisor of postern-avscan and its engine process tell each other, a packet each
// (SOCK_SEQPACKET). The engine loads one generation of signatures, and forks scanning children that
// share its memory. A child is given scan requests (scan_protocol.hpp) over a socket of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/base/result.hpp"

namespace postern::antivirus {

/// What an engine must know; each number is a setting "scanner.NAME".
struct EngineOptions {
  std::string database;             ///< Directory or file of signatures.
  std::string temporary_directory;  ///< Of this engine alone; its children write below it only.
  std::uint64_t max_scan_size = 0;  ///< Octets unpacked of one object.
  std::uint64_t max_file_size = 0;  ///< Octets of one object, or of one file in it.
  std::uint32_t max_recursion = 0;  ///< Containers in containers.
  std::uint32_t max_files = 0;      ///< Files in one object.
  std::chrono::milliseconds scan_time{};  ///< Of one object; libclamav gives up then.
  std::chrono::seconds processor_time{};  ///< Of one request; the child is killed then.
  std::uint64_t child_memory = 0;         ///< Octets that a child may take beyond the engine's.
  bool potentially_unwanted = false;      ///< Whether signatures of such programs are used.
};

/// To the engine. The first packet is Load; Fork and Kill follow after Ready.
struct Load {  ///< "load1 database=… …"
  EngineOptions options;
};
struct Fork {};  ///< "fork1"
struct Kill {    ///< "kill1 pid=N": of a child that has not been reported as ended.
  std::int32_t pid = 0;
};
using ToEngine = std::variant<Load, Fork, Kill>;

/// From the engine.
struct Ready {             ///< "ready1 generation=… signatures=N": children may be forked now.
  std::string generation;  ///< Differs when the signatures do.
  std::uint64_t signatures = 0;
  std::string warning;  ///< What the kernel lacks to confine the children fully; empty: nothing.
};
struct Failed {  ///< "failed1 why=…": the signatures cannot be used. The engine ends.
  std::string why;
};
struct Forked {  ///< "forked1 pid=N", with the descriptor of the child's socket.
  std::int32_t pid = 0;
};
struct NotForked {  ///< "notforked1 why=…"
  std::string why;
};
struct Ended {  ///< "ended1 pid=N signal=N status=N": a child has ended and been waited for.
  std::int32_t pid = 0;
  int signal = 0;  ///< Which ended it; 0 if it exited.
  int status = 0;  ///< With which it exited.
};
struct Forbidden {  ///< "forbidden1 pid=N call=… detail=…": a child tried what it may not, and is
                    ///< killed.
  std::int32_t pid = 0;
  std::string call;    ///< Name of the system call.
  std::string detail;  ///< A path, or empty.
};
using FromEngine = std::variant<Ready, Failed, Forked, NotForked, Ended, Forbidden>;

[[nodiscard]] std::string format(const ToEngine& packet);
[[nodiscard]] std::string format(const FromEngine& packet);
[[nodiscard]] Parsed<ToEngine> parse_to_engine(std::string_view text);
[[nodiscard]] Parsed<FromEngine> parse_from_engine(std::string_view text);

}  // namespace postern::antivirus
