// Addresses of senders and recipients from all fields that hold them (PerMsgStatus::all_from_addrs,
// all_to_addrs).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/evals/eval.hpp"

namespace postern::antispam {

/// A pattern: addresses of roles, of forwarders, and of message ids, which are no person's.
inline constexpr std::string_view role_address =
    R"((?i)^(?:abuse|support|sales|info|helpdesk|contact|kontakt|(?:post|host|domain)master)"
    R"(|undisclosed.*|request-[a-f0-9]{16}|bounced?-)"
    R"(|[a-f0-9]{8}(?:\.[a-f0-9]{8}|-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}))"
    R"(|.+=.+=.+)@)";

/// At the end, unless it is there.
void add_unique(std::vector<std::string>& all, std::string value);

/// All values of a header, such as "From" with "addr" (get in list context).
[[nodiscard]] std::vector<std::string> header_values(EvalContext& context, std::string_view name,
                                                     std::vector<std::string> modifiers = {});

/// Each sender is compared with every entry of long lists.
constexpr std::size_t max_from_addresses = 1'000;
constexpr std::size_t max_to_addresses = 10'000;

/// Of From, the envelope, and their kin, each once; of Resent-From alone, if there is one. Those
/// beyond max_from_addresses are left out.
[[nodiscard]] const std::vector<std::string>& all_from_addresses(EvalContext& context);
/// Of To, Cc, Delivered-To and their kin, and of the closest Received fields, each once. Those
/// beyond max_to_addresses are left out.
[[nodiscard]] const std::vector<std::string>& all_to_addresses(EvalContext& context);

}  // namespace postern::antispam
