#include "lib/io/signals/signals.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace postern::io {
namespace {

constexpr std::array caught_signals = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};

// A handler can reach nothing but globals.
std::array<int, 2> pipe_ends = {-1, -1};

void send(int signal) noexcept {
  const auto byte = static_cast<unsigned char>(signal);
  const int saved = errno;
  (void)!::write(pipe_ends[1], &byte, 1);  // a full pipe holds enough signals
  errno = saved;
}

sigset_t make_set() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : caught_signals) sigaddset(&set, signal);
  return set;
}

}  // namespace

BlockedSignals::BlockedSignals() {
  const sigset_t set = make_set();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

Signals::Signals() {
  if (::pipe2(pipe_ends.data(), O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe2");
  }
  ::fcntl(pipe_ends[1], F_SETFL, O_NONBLOCK);
  struct sigaction action {};
  action.sa_handler = [](int signal) { send(signal); };
  action.sa_flags = SA_RESTART;
  for (const int signal : caught_signals) ::sigaction(signal, &action, nullptr);
}

Signals::~Signals() {
  for (const int signal : caught_signals) std::signal(signal, SIG_IGN);
}

int Signals::next() {
  const sigset_t set = make_set();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);  // after other threads inherited them blocked
  unsigned char byte = 0;
  while (true) {
    const ssize_t size = ::read(pipe_ends[0], &byte, 1);
    if (size == 1) return byte;
    if (size < 0 && errno == EINTR) continue;
    throw std::system_error(errno, std::generic_category(), "signal pipe");
  }
}

void Signals::wake() noexcept {
  send(0);
}

}  // namespace postern::io
