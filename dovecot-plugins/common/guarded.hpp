// The border between C++ and Dovecot: no exception passes it.
#pragma once

#include "dovecot-plugins/common/dovecot.hpp"

namespace postern::dovecot {

/// Runs an action for a callback of Dovecot. A failure is one log line: mail goes on.
template <typename Action>
void guarded(const char* where, Action&& action) noexcept {
  try {
    action();
  } catch (const std::exception& error) {
    i_error("postern: %s: %s", where, error.what());
  } catch (...) {
    i_error("postern: %s: an unknown failure", where);
  }
}

}  // namespace postern::dovecot
