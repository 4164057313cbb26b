// Tests of what a started program gets, and of what it can give up.
#include "lib/io/process/spawn.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>

#include "lib/io/process/confinement.hpp"
#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

// What a program prints, and its wait status.
std::string output_of(const std::vector<std::string>& words, int& status) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const auto child = spawn(words.front(), words, {ends[1], -1});
  ::close(ends[1]);
  REQUIRE(child);
  std::string text;
  std::array<char, 4096> chunk{};
  for (ssize_t size = 0; (size = ::read(ends[0], chunk.data(), chunk.size())) > 0;) {
    text.append(chunk.data(), static_cast<std::size_t>(size));
  }
  ::close(ends[0]);
  REQUIRE(::waitpid(*child, &status, 0) == *child);
  return text;
}

TEST_CASE("spawn: a program gets its output and no other descriptor", "[process][security]") {
  constexpr int stray = 100;
  REQUIRE(::dup2(STDERR_FILENO, stray) == stray);  // without FD_CLOEXEC
  int status = -1;
  CHECK(output_of({"/bin/ls", "/proc/self/fd"}, status) == "0\n1\n2\n3\n");  // 3: the folder
  CHECK(status == 0);
  ::close(stray);
}

TEST_CASE("spawn: signals and environment are not those of this process", "[process]") {
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  sigset_t all;
  sigset_t old;
  sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, &old);
  ::setenv("https_proxy", "http://127.0.0.1:1", 1);
  int status = -1;
  CHECK(output_of({"/bin/sh", "-c", "kill -PIPE $$; echo survived"}, status).empty());
  CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE));
  CHECK(output_of({"/usr/bin/env"}, status) == "PATH=/usr/sbin:/usr/bin:/sbin:/bin\nLC_ALL=C\n");
  ::unsetenv("https_proxy");
  ::pthread_sigmask(SIG_SETMASK, &old, nullptr);
  std::signal(SIGPIPE, before);
}

TEST_CASE("spawn: a program that is not there, or none", "[process]") {
  const auto error_of = [](const std::string& program) {
    const auto child = spawn(program, {program}, {});
    return child ? 0 : child.error();
  };
  CHECK(error_of("/nonexistent/program") == ENOENT);
  CHECK(error_of("/etc/passwd") == EACCES);
  CHECK(error_of("ls") == ENOENT);  // PATH is not searched
}

TEST_CASE("program_of_ours: beside the running one, or in the folder", "[process]") {
  std::array<char, 4096> path{};
  REQUIRE(::readlink("/proc/self/exe", path.data(), path.size() - 1) > 0);
  const std::string self = path.data();
  const std::string name = self.substr(self.rfind('/') + 1);
  CHECK(program_of_ours(name, "/usr/libexec/postern") == self);
  CHECK(program_of_ours("no-such-program", "/usr/libexec/postern") ==
        "/usr/libexec/postern/no-such-program");
}

TEST_CASE("confine: who started the program has gone already", "[process]") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  ::close(ends[0]);
  std::fflush(nullptr);  // TSan's _exit would write it, to nobody
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::_exit(confine({1UL << 40U, std::chrono::seconds(7)}) ? 1 : 0);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  ::close(ends[1]);
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
}

// In a child: 0, or which of it is not so.
int check_confinement(int descriptor) {
  if (!confine({1UL << 40U, std::chrono::seconds(7)})) return 1;
  if (::fcntl(descriptor, F_GETFD) >= 0 || ::fcntl(STDOUT_FILENO, F_GETFD) < 0) return 2;
  if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return 3;
  int signal = 0;
  if (::prctl(PR_GET_PDEATHSIG, &signal, 0, 0, 0) != 0 || signal != SIGKILL) return 4;
  rlimit limit{1, 1};
  if (::getrlimit(RLIMIT_CORE, &limit) != 0 || limit.rlim_max != 0) return 5;
  if (::getrlimit(RLIMIT_CPU, &limit) != 0 || limit.rlim_max != 7) return 6;
  return 0;
}

TEST_CASE("confine: nothing is left to misuse", "[process][security]") {
  const int descriptor = ::open("/dev/null", O_RDONLY);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(check_confinement(descriptor));
  ::close(descriptor);
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace postern::io
