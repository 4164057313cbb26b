// What reports say of hits that DNS has made, in SpamAssassin's words.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/antispam/evals/eval.hpp"
#include "lib/antispam/network/network_hits.hpp"
#include "lib/antispam/network/record_filter.hpp"
#include "lib/dns/answers.hpp"

namespace postern::antispam {

/// Adds a hit, and what is to be said of it.
void add_hit(EvalContext& context, NetworkHits& hits, std::size_t rule, std::string text);

/// "203.0.113.7 listed in zen.example", or the text of the list with its links in angle brackets.
/// \param subject  The address or host that was asked about.
[[nodiscard]] std::string listing_text(std::string_view subject, std::string_view zone,
                                       dns::Type type, const RecordText& record);

/// "www.example.com A:192.0.2.1"
[[nodiscard]] std::string record_text(std::string_view name, dns::Type type,
                                      const dns::Answer& answer, const RecordFilter& filter);

/// A mail address is not written out: "a[at]example.com".
[[nodiscard]] std::string hashed_text(std::string_view value);

}  // namespace postern::antispam
