#include "lib/io/process/run_as.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <system_error>

#include "lib/io/process/become_user.hpp"
#include "lib/io/process/users.hpp"

namespace postern::io {
namespace {

using Failure = Unexpected<std::string>;

constexpr int not_become = 125;  // the child has said why

std::string text_of(int error) {
  return std::generic_category().message(error);
}

int run_in_child(pid_t parent, const std::string& user, const std::function<int()>& work) {
  const auto became = become_user(user);
  if (!became) {
    std::fprintf(stderr, "postern: %s\n", became.error().c_str());
    return not_become;
  }
  // After the change of user, which takes the signal away.
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
      ::getppid() != parent) {
    return not_become;
  }
  return work();
}

}  // namespace

Expected<int, std::string> run_as(const std::string& user, const std::function<int()>& work) {
  if (const auto numbers = find_user(user); !numbers) return Failure(numbers.error());
  std::fflush(nullptr);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return Failure("no process can be started: " + text_of(errno));
  if (child == 0) {
    const int status = run_in_child(parent, user, work);
    std::fflush(nullptr);
    ::_exit(status);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return Failure("the process is lost: " + text_of(errno));
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == not_become) {
    return Failure("nothing was done: this process cannot become " + user);
  }
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  return Failure("the process of user " + user + " was ended by signal " +
                 std::to_string(WTERMSIG(status)));
}

}  // namespace postern::io
