#include "lib/io/sandbox/sandbox.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <utility>

#include "lib/io/sandbox/landlock.hpp"
#include "lib/io/sandbox/system_calls.hpp"

namespace postern::io {
namespace {

// Sanitizers reserve terabytes of addresses.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif

// Of a process that nobody misses: the kernel takes it before others when memory is short.
constexpr std::string_view out_of_memory_score = "500";

Unexpected<std::string> refused(const char* what) {
  return Unexpected<std::string>(std::string("the system does not allow ") + what);
}

bool limit(__rlimit_resource resource, rlim_t most) {
  const rlimit both{most, most};
  return ::setrlimit(resource, &both) == 0;
}

// Octets of address space that this process has; 0 if the system does not say.
std::uint64_t address_space() {
  const FileDescriptor file(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
  std::array<char, 64> text{};
  if (!file || ::read(file.get(), text.data(), text.size() - 1) <= 0) return 0;
  unsigned long pages = 0;
  if (std::sscanf(text.data(), "%lu", &pages) != 1) return 0;
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void raise_out_of_memory_score() {
  const FileDescriptor file(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  // Where it cannot be raised, it stays.
  if (file && ::write(file.get(), out_of_memory_score.data(), out_of_memory_score.size()) < 0) {
    return;
  }
}

const char* limit_resources(const Sandbox& sandbox) {
  // 1 and not 0: a program that collects cores would otherwise get one through a pipe, and all that
  // memory takes long to write (core(5)).
  // Whoever started us may have set 0 for good.
  if (!limit(RLIMIT_CORE, 1) && !limit(RLIMIT_CORE, 0)) return "RLIMIT_CORE";
  if (!limit(RLIMIT_NOFILE, sandbox.descriptors)) return "RLIMIT_NOFILE";
  if (!limit(RLIMIT_FSIZE, sandbox.file_size)) return "RLIMIT_FSIZE";
  std::signal(SIGXFSZ, SIG_IGN);  // a write beyond fails instead
  const std::uint64_t now = address_space();
  if (now == 0) return "reading /proc/self/statm";
  if (!is_sanitized && !limit(RLIMIT_AS, now + sandbox.memory)) return "RLIMIT_AS";
  return nullptr;
}

// A process of root, too, then has the rights of a user only.
bool drop_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const std::array<__user_cap_data_struct, 2> none{};
  return ::syscall(SYS_capset, &header, none.data()) == 0;
}

}  // namespace

Expected<Sandboxed, std::string> enter_sandbox(const Sandbox& sandbox) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return refused("PR_SET_PDEATHSIG");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return refused("PR_SET_NO_NEW_PRIVS");
  raise_out_of_memory_score();
  if (const char* what = limit_resources(sandbox)) return refused(what);
  if (!drop_capabilities()) return refused("dropping capabilities");
  const bool opens_itself = confine_files(sandbox.directory);
  auto listener = filter_system_calls({sandbox.socket, opens_itself ? sandbox.root : -1});
  if (!listener) return Unexpected<std::string>(std::move(listener.error()));
  return Sandboxed{std::move(*listener), opens_itself};
}

bool allow_processor_time(std::chrono::seconds time) {
  rusage used{};
  rlimit now{};
  if (::getrusage(RUSAGE_SELF, &used) != 0 || ::getrlimit(RLIMIT_CPU, &now) != 0) return false;
  // Whole seconds: what has begun counts as used.
  const auto soon = used.ru_utime.tv_sec + used.ru_stime.tv_sec + 2 + time.count();
  now.rlim_cur = std::min(static_cast<rlim_t>(soon), now.rlim_max);
  return ::setrlimit(RLIMIT_CPU, &now) == 0;
}

std::string sandbox_shortcoming() {
  if (landlock_version() > 0) return {};
  return "the kernel has no Landlock, or forbids it: files are confined by seccomp alone";
}

}  // namespace postern::io
