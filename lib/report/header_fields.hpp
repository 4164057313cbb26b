// The fields we write: Authentication-Results (RFC 8601) and X-Postern-Verdict.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/authres/authentication_results.hpp"
#include "lib/report/field_names.hpp"
#include "lib/report/verdict.hpp"
#include "lib/verdict/envelope.hpp"

namespace postern::report {

/// What each check found, as statements of Authentication-Results.
[[nodiscard]] std::vector<authres::ResInfo> results(const Verdict& verdict,
                                                    const verdict::Envelope& envelope);

/// The fields for the top of the message. Whatever the peer sent, each stays one field of printable
/// ASCII.
[[nodiscard]] std::vector<NewField> header_fields(const Verdict& verdict,
                                                  const verdict::Envelope& envelope,
                                                  std::string_view authserv_id,
                                                  const disposition::Enforcement& enforcement);

}  // namespace postern::report
