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

std::optional<int> Signals::next(std::chrono::milliseconds timeout) const {
  const sigset_t set = make_set();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
  const auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(timeout - seconds);
  const timespec wait{seconds.count(), rest.count()};
  const int signal = ::sigtimedwait(&set, nullptr, &wait);
  if (signal > 0) return signal;
  if (errno == EAGAIN || errno == EINTR) return std::nullopt;
  throw std::system_error(errno, std::generic_category(), "sigtimedwait");
}

void Signals::request_stop() noexcept {
  ::kill(::getpid(), SIGTERM);
}

}  // namespace postern::io
