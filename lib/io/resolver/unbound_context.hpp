// A libunbound context set up for mail: options, forwarders, trust anchor.
#pragma once

#include <string>

#include <event2/event.h>
#include <unbound.h>

#include "lib/base/result.hpp"
#include "lib/io/handle.hpp"
#include "lib/io/resolver/unbound_resolver.hpp"

namespace postern::io {

using EventBase = CHandle<event_base, event_base_free>;
using Event = CHandle<event, event_free>;
using UnboundContext = CHandle<ub_ctx, ub_ctx_delete>;

struct ValidatingContext {
  UnboundContext context;
  bool validates = false;  ///< Whether there is a trust anchor.
};

/// \param base  Must outlive the context; all work happens in the thread that runs it.
[[nodiscard]] Expected<ValidatingContext, std::string> make_unbound_context(
    const UnboundSettings& settings, event_base* base);

}  // namespace postern::io
