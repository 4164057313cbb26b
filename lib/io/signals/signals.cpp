#include "lib/io/signals/signals.hpp"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>

namespace postern::io {
namespace {

sigset_t make_set() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&set, signal);
  return set;
}

}  // namespace

Signals::Signals() {
  const sigset_t set = make_set();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

int Signals::next() const {
  const sigset_t set = make_set();
  while (true) {
    const int signal = ::sigwaitinfo(&set, nullptr);
    if (signal > 0) return signal;
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "sigwaitinfo");
  }
}

void Signals::request_stop() noexcept {
  ::kill(::getpid(), SIGTERM);
}

}  // namespace postern::io
