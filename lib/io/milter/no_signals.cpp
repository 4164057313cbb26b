#include "lib/io/milter/no_signals.hpp"

#include <unistd.h>

#include <csignal>

// libmilter starts a thread that waits for SIGTERM, SIGINT, and SIGHUP, and stops the milter at
// each, SIGHUP included. Nothing turns that off, and whether that thread or ours gets a signal
// would be chance. Its only call of sigwait() is there, and the program's own definition comes
// before that of the C library: the thread sleeps for good, and the daemon stops by ending
// its process.
extern "C" int sigwait(const sigset_t* /*set*/, int* /*signal*/) {
  while (true) ::pause();
}

namespace postern::milter {

void keep_signals_from_libmilter() {}

}  // namespace postern::milter
