// A resolver that knows only one zone: for tests, the command line, and demonstrations.
#pragma once

#include <memory>

#include "lib/dns/zone.hpp"
#include "lib/io/resolver/resolver.hpp"

namespace postern::io {

/// Every question is answered at once; one that the zone answers with a timeout, too.
[[nodiscard]] std::unique_ptr<Resolver> make_zone_resolver(dns::Zone zone);

}  // namespace postern::io
