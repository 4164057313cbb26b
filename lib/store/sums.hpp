// Sums that halve in every half-life.
#pragma once

#include <optional>

#include "lib/store/operation.hpp"
#include "lib/store/value.hpp"

namespace postern::store {

/// Whether all deltas are 0 (or no numbers), which asks for the sums and writes nothing.
[[nodiscard]] bool only_reads(const Accumulate& accumulate);

/// The sums of `now`, after adding. Sums that are ahead of `now` by less than clock_skew() do not
/// decay; further ahead, a clock was set back, and they count as sums of now. No sum decays by more
/// than a lifetime at once. Deltas that are no finite numbers count as 0.
[[nodiscard]] SumsAt accumulated(const std::optional<SumsAt>& before, const Accumulate& accumulate,
                                 Time now);

}  // namespace postern::store
