// The border to libmilter, which is C: its callbacks find our Handler, and no exception passes.
#pragma once

#include <libmilter/mfapi.h>

#include <chrono>

#include "lib/io/milter/handler.hpp"

namespace postern::milter {

/// libmilter's callbacks get no pointer of ours, so the application is known to the whole process.
void set_application(Application* application);

/// The callbacks, for smfi_register().
[[nodiscard]] smfiDesc description();

/// Waits until no callback is running, but not longer than `timeout`; false if some still are.
[[nodiscard]] bool wait_for_callbacks(std::chrono::milliseconds timeout);

}  // namespace postern::milter
