// A libunbound context set up for mail: options, forwarders, trust anchor.
#pragma once

#include <memory>
#include <string>

#include <event2/event.h>
#include <unbound.h>

#include "lib/base/result.hpp"
#include "lib/io/resolver/unbound_resolver.hpp"

namespace postern::io {

template <typename T, void (*free_function)(T*)>
struct FreeWith {
  void operator()(T* handle) const { free_function(handle); }
};

using EventBase = std::unique_ptr<event_base, FreeWith<event_base, event_base_free>>;
using Event = std::unique_ptr<event, FreeWith<event, event_free>>;
using UnboundContext = std::unique_ptr<ub_ctx, FreeWith<ub_ctx, ub_ctx_delete>>;

struct ValidatingContext {
  UnboundContext context;
  bool validates = false;  ///< Whether there is a trust anchor.
};

/// \param base  Must outlive the context; all work happens in the thread that runs it.
[[nodiscard]] Expected<ValidatingContext, std::string> make_unbound_context(
    const UnboundSettings& settings, event_base* base);

}  // namespace postern::io
