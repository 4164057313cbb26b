// Addresses of senders and recipients from all fields that hold them (PerMsgStatus::all_from_addrs,
// all_to_addrs).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/evals/eval.hpp"

namespace postern::antispam {

/// All values of a header, such as "From" with "addr" (get in list context).
[[nodiscard]] std::vector<std::string> header_values(EvalContext& context, std::string_view name,
                                                     std::vector<std::string> modifiers = {});

/// Of From, the envelope, and their kin, each once; of Resent-From alone, if there is one.
[[nodiscard]] const std::vector<std::string>& all_from_addresses(EvalContext& context);
/// Of To, Cc, Delivered-To and their kin, and of the closest Received fields, each once.
[[nodiscard]] const std::vector<std::string>& all_to_addresses(EvalContext& context);

}  // namespace postern::antispam
