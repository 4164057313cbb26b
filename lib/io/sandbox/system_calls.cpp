#include "lib/io/sandbox/system_calls.hpp"

#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <initializer_list>
#include <memory>
#include <system_error>

#include "lib/io/sandbox/open_flags.hpp"

namespace postern::io {
namespace {

// Calls that reach nothing beyond the process, its descriptors, the clock, and what files are
// called. That includes stat(2) of any path: it tells of metadata, opens nothing, and libclamav
// asks it too often to ask somebody each time.
constexpr std::array always = {"read",
                               "readv",
                               "pread64",
                               "preadv",
                               "write",
                               "writev",
                               "pwrite64",
                               "lseek",
                               "_llseek",
                               "close",
                               "dup",
                               "dup2",
                               "dup3",
                               "fstat",
                               "fstat64",
                               "newfstatat",
                               "fstatat64",
                               "stat",
                               "lstat",
                               "stat64",
                               "lstat64",
                               "statx",
                               "fstatfs",
                               "fstatfs64",
                               "access",
                               "faccessat",
                               "faccessat2",
                               "readlink",
                               "readlinkat",
                               "getcwd",
                               "getdents64",
                               "ftruncate",
                               "ftruncate64",
                               "fadvise64",
                               "fsync",
                               "fdatasync",
                               "munmap",
                               "mremap",
                               "madvise",
                               "brk",
                               "futex",
                               "membarrier",
                               "rseq",
                               "set_robust_list",
                               "clock_gettime",
                               "clock_gettime64",
                               "clock_getres",
                               "gettimeofday",
                               "time",
                               "times",
                               "nanosleep",
                               "clock_nanosleep",
                               "sched_yield",
                               "sched_getaffinity",
                               "getpid",
                               "getppid",
                               "gettid",
                               "getuid",
                               "geteuid",
                               "getgid",
                               "getegid",
                               "uname",
                               "sysinfo",
                               "getrusage",
                               "getrandom",
                               "rt_sigaction",
                               "rt_sigprocmask",
                               "rt_sigreturn",
                               "sigaltstack",
                               "poll",
                               "ppoll",
                               "restart_syscall",
                               "exit",
                               "exit_group"};
// Where the kernel confines them (landlock.hpp).
constexpr std::array of_files = {"mkdir", "rmdir", "unlink"};
constexpr std::array of_files_at = {"mkdirat", "unlinkat"};
// Directories that libclamav made are accessible as they are. Nothing happens, and it succeeds.
constexpr std::array pretended = {"chmod", "fchmod", "fchmodat"};
constexpr std::array<int, 7> fcntl_commands = {F_GETFD,     F_SETFD, F_GETFL,        F_SETFL,
                                               F_GET_SEALS, F_DUPFD, F_DUPFD_CLOEXEC};

// Only the lower half of an argument that is an int counts, and the kernel looks at no more.
constexpr scmp_datum_t int_mask = 0xffffffff;

scmp_arg_cmp is_int(unsigned argument, int value) {
  return {argument, SCMP_CMP_MASKED_EQ, int_mask, static_cast<std::uint32_t>(value)};
}
scmp_arg_cmp has_none_of(unsigned argument, scmp_datum_t bits) {
  return {argument, SCMP_CMP_MASKED_EQ, bits, 0};
}
scmp_arg_cmp has_all_of(unsigned argument, scmp_datum_t bits) {
  return {argument, SCMP_CMP_MASKED_EQ, bits, bits};
}

struct Release {
  void operator()(scmp_filter_ctx context) const noexcept { seccomp_release(context); }
};

// The first failure is kept; what follows it changes nothing.
class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_NOTIFY)) {
    if (!context_) error_ = -ENOMEM;
    if (error_ == 0) {
      note(seccomp_attr_set(context_.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS));
    }
    // As a binary tree; where the library cannot, as a list.
    if (error_ == 0) seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  }

  // A call that this architecture does not have is nothing to allow.
  void add(std::uint32_t action, const char* call,
           std::initializer_list<scmp_arg_cmp> conditions = {}) {
    const int number = seccomp_syscall_resolve_name(call);
    if (error_ != 0 || number < 0) return;
    note(seccomp_rule_add_array(context_.get(), action, number,
                                static_cast<unsigned>(conditions.size()), conditions.begin()));
  }
  void allow(const char* call, std::initializer_list<scmp_arg_cmp> conditions = {}) {
    add(SCMP_ACT_ALLOW, call, conditions);
  }

  Expected<FileDescriptor, std::string> load() {
    if (error_ == 0) note(seccomp_load(context_.get()));
    const int listener = error_ == 0 ? seccomp_notify_fd(context_.get()) : -1;
    if (listener >= 0) return FileDescriptor(listener);
    std::string why = "the system does not allow seccomp to notify: " +
                      std::generic_category().message(error_ == 0 ? EINVAL : -error_);
    // Only one process can listen to a process.
    if (error_ == -EBUSY) why += "; the manager of this container listens already";
    return Unexpected<std::string>(std::move(why));
  }

 private:
  void note(int result) {
    if (error_ == 0) error_ = result;
  }

  std::unique_ptr<void, Release> context_;
  int error_ = 0;
};

void allow_memory(Filter& filter) {
  filter.allow("mmap", {has_none_of(2, PROT_EXEC)});
  filter.allow("mmap2", {has_none_of(2, PROT_EXEC)});
  filter.allow("mprotect", {has_none_of(2, PROT_EXEC)});
}

void allow_descriptors(Filter& filter, int socket) {
  for (const int command : fcntl_commands) {
    filter.allow("fcntl", {is_int(1, command)});
    filter.allow("fcntl64", {is_int(1, command)});
  }
  filter.allow("ioctl", {is_int(1, TCGETS)});  // isatty(3)
  for (const char* call : {"sendmsg", "recvmsg"}) filter.allow(call, {is_int(0, socket)});
}

void allow_own_process(Filter& filter) {
  filter.allow("tgkill", {is_int(0, ::getpid())});  // abort(3)
  filter.allow("prlimit64", {is_int(0, 0), is_int(1, RLIMIT_CPU)});
  filter.allow("prlimit64", {is_int(0, 0), {2, SCMP_CMP_EQ, 0, 0}});  // getrlimit(2)
  // Code in libclamav that would use threads does without when there are none. A new process waits
  // for the broker; whether clone3 makes one cannot be seen, and the C library can do without it.
  filter.add(SCMP_ACT_ERRNO(ENOSYS), "clone3");
  filter.add(SCMP_ACT_ERRNO(ENOSYS), "clone", {has_all_of(0, CLONE_THREAD)});
}

// What is opened by any other name waits, so that most attempts to leave the directory are seen;
// one that begins at `root` and goes up from there the kernel just refuses.
void allow_files(Filter& filter, int root) {
  filter.allow("openat", {is_int(0, root), has_none_of(2, ~open_flags & int_mask),
                          has_none_of(3, ~mode_bits & int_mask)});
  for (const char* call : of_files) filter.allow(call);
  for (const char* call : of_files_at) filter.allow(call, {is_int(0, AT_FDCWD)});
}

}  // namespace

Expected<FileDescriptor, std::string> filter_system_calls(const SystemCallRules& rules) {
  Filter filter;
  for (const char* call : always) filter.allow(call);
  for (const char* call : pretended) filter.add(SCMP_ACT_ERRNO(0), call);
  allow_memory(filter);
  allow_descriptors(filter, rules.socket);
  allow_own_process(filter);
  if (rules.root >= 0) allow_files(filter, rules.root);
  return filter.load();
}

}  // namespace postern::io
