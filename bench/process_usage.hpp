// CPU time and peak memory of a daemon and its children, read from outside.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>

namespace postern::bench {

struct ProcessUsage {
  std::chrono::nanoseconds cpu{};  ///< User and system time, all threads, ended children too.
  std::uint64_t peak_rss_kib = 0;  ///< Sum of VmHWM: pages that processes share count in each.
  std::uint64_t pss_kib = 0;       ///< Memory now; of shared pages each process counts its share.
  unsigned processes = 0;          ///< 0: there is no such process.
};

/// The process `root` with all its descendants.
ProcessUsage read_usage(pid_t root);

/// Starts the peak of memory anew from what is resident now. Does nothing where the kernel refuses.
void reset_peak(pid_t root);

}  // namespace postern::bench
