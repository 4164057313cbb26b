// Tests of what a process in the sandbox can do, and of what ends it.
#include "lib/io/sandbox/sandbox.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/io/sandbox/broker.hpp"
#include "lib/io/sandbox/landlock.hpp"
#include "lib/io/sandbox/own_opens.hpp"
#include "lib/io/sandbox/system_calls.hpp"
#include "lib/io/sockets/packet.hpp"
#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif

constexpr uid_t nobody = 65534;
constexpr int worked = 0;
constexpr std::uint64_t memory = 64UL * 1024 * 1024;
constexpr std::uint64_t file_size = 1024UL * 1024;

// A directory that is gone at the end.
class Directory {
 public:
  Directory() : path_("/tmp/sandbox_test.XXXXXX") {
    REQUIRE(::mkdtemp(path_.data()) != nullptr);
    REQUIRE(::chmod(path_.c_str(), 0777) == 0);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  Directory(Directory&&) = delete;
  Directory& operator=(Directory&&) = delete;
  ~Directory() { std::filesystem::remove_all(path_); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

struct End {
  int status = -1;  // as waitpid(2) gives it
  std::optional<ForbiddenCall> forbidden;
  int asked = 0;  // how often the broker was
};
using Body = std::function<int()>;  // returns an exit status

using Enter = Expected<Sandboxed, std::string> (*)(const Sandbox&);

[[noreturn]] void be_child(const Sandbox& sandbox, const Body& body, Enter enter) {
  std::signal(SIGABRT, SIG_DFL);  // not the test framework's
  auto sandboxed = enter(sandbox);
  if (!sandboxed || send_packet(sandbox.socket, "in", sandboxed->listener.get()) != Sending::sent) {
    ::_exit(100);
  }
  sandboxed->listener = FileDescriptor();
  if (sandboxed->opens_itself) open_from(sandbox.root, sandbox.directory);
  ::_exit(body());
}

// Answers its calls until the child has ended.
End serve(pid_t child, int socket, const std::string& directory) {
  End end;
  pollfd ready{socket, POLLIN, 0};
  std::string text;
  FileDescriptor listener;
  if (::poll(&ready, 1, 10'000) == 1 &&
      receive_packet(socket, 16, text, listener) == Receipt::packet) {
    Broker broker(std::move(listener), child, directory);
    pollfd call{broker.descriptor(), POLLIN, 0};
    while (::poll(&call, 1, 10'000) == 1 && (call.revents & POLLIN) != 0 && !end.forbidden) {
      end.forbidden = broker.answer();
      ++end.asked;
    }
  }
  ::waitpid(child, &end.status, 0);
  return end;
}

End run(const Directory& directory, const Body& body, Enter enter = enter_sandbox) {
  PacketPair pair = make_packet_pair();
  const FileDescriptor root(::open(directory.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const Sandbox sandbox{directory.path(), root.get(), pair.second.get(), memory, file_size};
  const pid_t child = ::fork();
  if (child == 0) be_child(sandbox, body, enter);
  pair.second = FileDescriptor();
  return serve(child, pair.first.get(), directory.path());
}

bool is_killed(const End& end, int signal) {
  return WIFSIGNALED(end.status) && WTERMSIG(end.status) == signal;
}
bool has_worked(const End& end) {
  return WIFEXITED(end.status) && WEXITSTATUS(end.status) == worked && !end.forbidden;
}

struct Probe {
  const char* call;
  std::string detail;
  Body body;
};
std::vector<Probe> probes(const std::string& directory) {
  const auto open = [](const std::string& path, int flags) {
    return [path, flags] { return ::open(path.c_str(), flags, 0600) < 0 ? 1 : 2; };
  };
  const std::string outside = directory + "/../escaped";
  return {
      {"openat", "/etc/passwd", open("/etc/passwd", O_RDONLY)},
      {"openat", "/etc/passwd", open("/etc/passwd", O_RDONLY | O_CREAT)},
      {"openat", "passwd", open("passwd", O_RDONLY)},
      {"openat", "/proc/self/mem", open("/proc/self/mem", O_RDWR)},
      {"openat", outside, open(outside, O_RDWR | O_CREAT)},
      {"openat", directory + "/link", open(directory + "/link", O_RDONLY)},
      {"openat", directory + "x/y", open(directory + "x/y", O_RDONLY)},
      {"openat", "?/usr/lib/gconv/", open("\n/usr/lib/gconv/", O_RDWR)},
      {"openat", directory, open(directory, O_RDWR | O_TMPFILE)},
      {"socket", "", [] { return ::socket(AF_INET, SOCK_STREAM, 0) < 0 ? 1 : 2; }},
      {"socket", "", [] { return ::socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? 1 : 2; }},
      {"connect", "",
       [] {
         const sockaddr_un address{AF_UNIX, "/run/x"};
         return ::connect(0, reinterpret_cast<const sockaddr*>(&address), sizeof address);
       }},
      {"execve", "/bin/true",
       [] {
         std::array<char*, 2> words{const_cast<char*>("true"), nullptr};
         return ::execve("/bin/true", words.data(), nullptr);
       }},
      {"kill", "", [] { return ::kill(::getppid(), 0); }},
      {"tgkill", "",
       [] { return static_cast<int>(::syscall(SYS_tgkill, ::getppid(), ::getppid(), 0)); }},
      {"clone", "", [] { return ::fork() < 0 ? 1 : 2; }},
      {"ptrace", "", [] { return static_cast<int>(::syscall(SYS_ptrace, 0, 0, 0, 0)); }},
      {"mmap", "",
       [] {
         return ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
                        MAP_FAILED
                    ? 1
                    : 2;
       }},
      {"rename", directory + "/a",
       [directory] { return ::rename((directory + "/a").c_str(), (directory + "/b").c_str()); }},
      {"process_vm_readv", "",
       [] {
         return static_cast<int>(
             ::syscall(SYS_process_vm_readv, ::getppid(), nullptr, 0, nullptr, 0, 0));
       }},
      {"io_uring_setup", "", [] { return static_cast<int>(::syscall(425, 1, nullptr)); }}};
}

void check_probes() {
  const Directory directory;
  REQUIRE(::symlink("/etc/passwd", (directory.path() + "/link").c_str()) == 0);
  for (const Probe& probe : probes(directory.path())) {
    CAPTURE(probe.call, probe.detail);
    const End end = run(directory, probe.body);
    CHECK(is_killed(end, SIGKILL));
    REQUIRE(end.forbidden);
    CHECK(end.forbidden->call == probe.call);
    CHECK(end.forbidden->detail == probe.detail);
  }
  CHECK_FALSE(std::filesystem::exists("/tmp/escaped"));
}

int use_files(const std::string& directory) {
  const std::string folder = directory + "/folder";
  const std::string path = folder + "/file";
  if (::mkdir(folder.c_str(), 0700) != 0) return 1;
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_TRUNC, 0600);
  if (file < 0 || ::write(file, "text", 4) != 4 || ::ftruncate(file, 2) != 0) return 2;
  std::array<char, 8> read{};
  if (::pread(file, read.data(), read.size(), 0) != 2) return 3;
  ::close(file);
  if (::open((directory + "/nothing").c_str(), O_RDONLY) >= 0 || errno != ENOENT) return 4;
  if (::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL, 0600) >= 0 || errno != EEXIST) return 5;
  const int listed = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (listed < 0 || ::chmod(folder.c_str(), 0700) != 0) return 6;
  if (::rmdir(folder.c_str()) == 0 || errno != ENOTEMPTY) return 7;
  return ::unlink(path.c_str()) == 0 && ::rmdir(folder.c_str()) == 0 ? worked : 8;
}

void check_files() {
  const Directory directory;
  const End end = run(directory, [&] { return use_files(directory.path()); });
  CAPTURE(end.status, end.forbidden ? end.forbidden->call : "");
  CHECK(has_worked(end));
  CHECK(std::filesystem::is_empty(directory.path()));
}

// Runs a check as a user without rights, in a process of its own.
void as_nobody(const std::function<void()>& check) {
  const pid_t child = ::fork();
  if (child == 0) {
    const bool changed = ::setresgid(nobody, nobody, nobody) == 0 &&
                         ::setresuid(nobody, nobody, nobody) == 0 &&
                         ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0;  // as after execve(2)
    if (!changed) ::_exit(101);
    try {
      check();
    } catch (...) {
      ::_exit(102);
    }
    ::_exit(0);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

bool is_skipped() {
  if (!is_sanitized) return false;
  WARN("skipped: sanitizers need more system calls than the sandbox has");
  return true;
}

}  // namespace

TEST_CASE("enter_sandbox: what is forbidden ends the process and is told", "[sandbox][security]") {
  if (!is_skipped()) check_probes();
}

TEST_CASE("enter_sandbox: files below the directory are made, read, and removed", "[sandbox]") {
  if (!is_skipped()) check_files();
}

TEST_CASE("enter_sandbox: the same without rights", "[sandbox][security]") {
  if (is_skipped()) return;
  if (::geteuid() != 0) {
    WARN("skipped: is without rights anyway");
    return;
  }
  as_nobody([] {
    const Directory directory;
    const End stopped = run(directory, [] { return ::open("/etc/passwd", O_RDONLY); });
    if (!is_killed(stopped, SIGKILL) || !stopped.forbidden) ::_exit(1);
    const End end = run(directory, [&] { return use_files(directory.path()); });
    if (!has_worked(end)) ::_exit(2);
  });
}

TEST_CASE("enter_sandbox: the kernel confines files that the filter lets through",
          "[sandbox][security]") {
  if (is_skipped()) return;
  if (landlock_version() == 0) {
    WARN("skipped: no Landlock");
    return;
  }
  const Directory directory;
  const Directory other;
  const std::string file = other.path() + "/file";
  ::close(::open(file.c_str(), O_RDWR | O_CREAT, 0600));
  const End end = run(directory, [&] {
    const bool denied = ::unlink(file.c_str()) != 0 && errno == EACCES &&
                        ::mkdir((other.path() + "/x").c_str(), 0700) != 0 && errno == EACCES;
    return denied ? worked : 1;
  });
  CHECK(has_worked(end));
  CHECK(std::filesystem::exists(file));
}

// What libclamav does with files, by the functions that are ours.
int use_files_as_a_library(const std::string& directory) {
  const std::string path = directory + "/file";
  const int made = ::open64(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_TRUNC, 0777);
  struct stat status {};
  if (made < 0 || ::write(made, "text", 4) != 4 || ::fstat(made, &status) != 0) return 1;
  if ((status.st_mode & 0777) != 0700) return 2;
  DIR* const listing = ::opendir(directory.c_str());
  if (listing == nullptr || ::closedir(listing) != 0) return 3;
  if (::opendir((directory + "/nothing").c_str()) != nullptr || errno != ENOENT) return 4;
  return ::open64(path.c_str(), O_RDONLY) >= 0 && ::unlink(path.c_str()) == 0 ? worked : 5;
}

TEST_CASE("open_from: libraries open what is theirs without asking", "[sandbox]") {
  if (is_skipped()) return;
  const Directory directory;
  const End end = run(directory, [&] { return use_files_as_a_library(directory.path()); });
  CAPTURE(end.status, end.forbidden ? end.forbidden->detail : "");
  CHECK(has_worked(end));
  CHECK((end.asked == 0) == (landlock_version() > 0));
  const End stopped =
      run(directory, [&] { return ::open64((directory.path() + "x").c_str(), O_RDONLY); });
  CHECK(is_killed(stopped, SIGKILL));
  CHECK(stopped.forbidden);
}

TEST_CASE("enter_sandbox: nothing outside is opened from the directory on", "[sandbox][security]") {
  if (is_skipped()) return;
  if (landlock_version() == 0) {
    WARN("skipped: no Landlock");
    return;
  }
  const Directory directory;
  REQUIRE(::symlink("/etc/passwd", (directory.path() + "/link").c_str()) == 0);
  const int root = ::open(directory.path().c_str(), O_PATH | O_DIRECTORY);
  const auto run_from_root = [&](const std::string& path, int flags, mode_t mode) {
    PacketPair pair = make_packet_pair();
    const Sandbox sandbox{directory.path(), root, pair.second.get(), memory, file_size};
    const Body body = [&] {
      const int file = ::openat(root, path.c_str(), flags, mode);
      return file < 0 && (errno == EACCES || errno == ENOENT || errno == EISDIR) ? worked : 1;
    };
    const pid_t child = ::fork();
    if (child == 0) be_child(sandbox, body, enter_sandbox);
    pair.second = FileDescriptor();
    return serve(child, pair.first.get(), directory.path());
  };
  for (const char* path : {"../../etc/passwd", "../../etc", "/etc/passwd", "link", "../escaped"}) {
    CAPTURE(path);
    CHECK(has_worked(run_from_root(path, O_RDONLY, 0)));
    CHECK(has_worked(run_from_root(path, O_RDWR | O_CREAT, 0600)));
  }
  for (const auto& [flags, mode] : {std::pair(O_RDWR | O_TMPFILE, 0600U), std::pair(O_PATH, 0U),
                                    std::pair(O_RDWR | O_CREAT, 04700U)}) {
    CAPTURE(flags, mode);
    const End end = run_from_root("x", flags, mode);
    CHECK(is_killed(end, SIGKILL));
    CHECK(end.forbidden);
  }
  ::close(root);
  CHECK_FALSE(std::filesystem::exists("/tmp/escaped"));
}

// The sandbox of a kernel that has no Landlock.
Expected<Sandboxed, std::string> enter_without_landlock(const Sandbox& sandbox) {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Unexpected<std::string>("prctl");
  auto listener = filter_system_calls({sandbox.socket, -1});
  if (!listener) return Unexpected<std::string>(listener.error());
  return Sandboxed{std::move(*listener), false};
}

TEST_CASE("filter_system_calls: without Landlock the broker confines files",
          "[sandbox][security]") {
  if (is_skipped()) return;
  const Directory directory;
  const std::string& path = directory.path();
  const End used = run(
      directory, [&] { return use_files(path); }, enter_without_landlock);
  CAPTURE(used.status, used.forbidden ? used.forbidden->call : "");
  CHECK(has_worked(used));
  REQUIRE(::mkdir((path + "/x").c_str(), 0700) == 0);
  REQUIRE(::symlink("/tmp", (path + "/x/link").c_str()) == 0);
  for (const std::string& escape :
       {path + "/../escaped", path + "/x/link/escaped", std::string("/tmp/escaped"), path,
        path + "/x/..", std::string("escaped")}) {
    CAPTURE(escape);
    const End end = run(
        directory, [&] { return ::mkdir(escape.c_str(), 0700); }, enter_without_landlock);
    CHECK(is_killed(end, SIGKILL));
    REQUIRE(end.forbidden);
    CHECK(end.forbidden->call == "mkdir");
  }
  CHECK_FALSE(std::filesystem::exists("/tmp/escaped"));
}

TEST_CASE("enter_sandbox: a charset that is not loaded is none, and nothing dies", "[sandbox]") {
  if (is_skipped()) return;
  const Directory directory;
  const End end = run(directory, [] {
    const int file = ::open("/usr/lib/x86_64-linux-gnu/gconv/IBM037.so", O_RDONLY | O_CLOEXEC);
    return file < 0 && errno == ENOENT ? worked : 1;
  });
  CHECK(has_worked(end));
}

TEST_CASE("enter_sandbox: there are no threads, and no harm in asking for one", "[sandbox]") {
  if (is_skipped()) return;
  const Directory directory;
  const End end = run(directory, [] {
    const long made = ::syscall(SYS_clone, CLONE_VM | CLONE_THREAD | CLONE_SIGHAND, nullptr);
    return made < 0 && errno == ENOSYS ? worked : 1;
  });
  CHECK(has_worked(end));
}

TEST_CASE("enter_sandbox: memory, file size, and descriptors are limited", "[sandbox][security]") {
  if (is_skipped()) return;
  const Directory directory;
  const End end = run(directory, [&] {
    if (::operator new(2 * memory, std::nothrow) != nullptr) return 1;
    const int file = ::open((directory.path() + "/big").c_str(), O_RDWR | O_CREAT, 0600);
    const std::string text(file_size, 'x');
    if (::write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size())) return 2;
    if (::write(file, "x", 1) >= 0 || errno != EFBIG) return 3;
    int copies = 0;
    while (::dup(file) >= 0) ++copies;
    if (copies > 64 || errno != EMFILE) return 4;
    return ::open((directory.path() + "/big").c_str(), O_RDONLY) < 0 && errno == EMFILE ? worked
                                                                                        : 5;
  });
  CAPTURE(end.status, end.forbidden ? end.forbidden->call : "");
  CHECK(has_worked(end));
}

TEST_CASE("allow_processor_time: each grant ends a process that uses it up",
          "[sandbox][security]") {
  if (is_skipped()) return;
  const Directory directory;
  const End end = run(directory, [] {
    if (!allow_processor_time(std::chrono::seconds(0))) return 1;
    while (true) ::getppid();
  });
  CHECK(is_killed(end, SIGXCPU));
}

TEST_CASE("enter_sandbox: abort is the process's own", "[sandbox]") {
  if (is_skipped()) return;
  const Directory directory;
  CHECK(is_killed(run(directory, []() -> int { std::abort(); }), SIGABRT));
}

}  // namespace postern::io
