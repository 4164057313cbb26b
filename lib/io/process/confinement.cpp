#include "lib/io/process/confinement.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>

namespace postern::io {
namespace {

// Sanitizers reserve terabytes of addresses.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif

bool limit(__rlimit_resource resource, rlim_t most) {
  const rlimit both{most, most};
  return ::setrlimit(resource, &both) == 0;
}

Unexpected<std::string> refused(const char* what) {
  return Unexpected<std::string>(std::string("the system does not allow ") + what);
}

// Who started us may have gone before it could be noticed; then its end of the pipe has gone, too.
bool is_output_read() {
  pollfd output{STDOUT_FILENO, 0, 0};
  return ::poll(&output, 1, 0) == 0;
}

}  // namespace

Expected<void, std::string> confine(const Confinement& limits) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return refused("PR_SET_PDEATHSIG");
  if (!is_output_read()) return Unexpected<std::string>("nobody reads the output");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return refused("PR_SET_NO_NEW_PRIVS");
  ::closefrom(STDERR_FILENO + 1);
  if (!limit(RLIMIT_CORE, 0)) return refused("RLIMIT_CORE");
  if (!limit(RLIMIT_CPU, static_cast<rlim_t>(limits.processor_time.count()))) {
    return refused("RLIMIT_CPU");
  }
  if (!is_sanitized && !limit(RLIMIT_AS, limits.address_space)) return refused("RLIMIT_AS");
  return {};
}

}  // namespace postern::io
