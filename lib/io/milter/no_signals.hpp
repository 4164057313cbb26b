// Keeps libmilter's hands off the daemon's signals.
#pragma once

namespace postern::milter {

/// Does nothing itself: a program that calls it gets the sigwait() beside it, which libmilter then
/// uses.
void keep_signals_from_libmilter();

}  // namespace postern::milter
