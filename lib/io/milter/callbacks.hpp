// The border to libmilter, which is C: its callbacks find our Handler, and no exception passes.
#pragma once

#include <libmilter/mfapi.h>

#include "lib/io/milter/handler.hpp"

namespace postern::milter {

/// libmilter's callbacks get no pointer of ours, so the application is known to the whole process.
void set_application(Application* application);

/// The callbacks, for smfi_register().
[[nodiscard]] smfiDesc description();

/// From now on every MAIL gets a temporary failure.
void refuse_new_messages();

}  // namespace postern::milter
