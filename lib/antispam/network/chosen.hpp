// Which of too many things a message has are looked at.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/evals/eval.hpp"

namespace postern::antispam {

/// The place of a value in an order that only those who know the secret can tell: a sender who
/// knows which ones are left out would write the telling ones there (SipHash-2-4).
[[nodiscard]] std::uint64_t secret_rank(std::string_view value, const Secret& secret);

void order_by_secret(std::vector<std::string>& values, const Secret& secret);

/// At most `limit`, in the secret order; fewer stay as they are.
void keep_chosen(std::vector<std::string>& values, std::size_t limit, const Secret& secret);

}  // namespace postern::antispam
