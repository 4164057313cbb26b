// Dovecot's headers of its quota plugin, whose backend "count" ours is.
#pragma once

#include "dovecot-plugins/common/dovecot.hpp"

extern "C" {
#include <quota-private.h>

extern struct quota_backend quota_backend_count;
}

namespace postern::quota_plugin {

inline constexpr const char* backend_name = "postern";

}  // namespace postern::quota_plugin
