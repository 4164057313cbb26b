// The log line of one answer to Postfix.
#pragma once

#include <chrono>

#include "lib/policy/evaluate.hpp"
#include "lib/report/log_line.hpp"

namespace postern {

/// \param whole_addresses  Whether addresses of strangers are written with their local parts. Those
///                         of our own users always are: the recipient of strangers' mail, and the
///                         sender who has logged in.
[[nodiscard]] report::LogLine decision_line(const policy::Request& request,
                                            const policy::Decision& decision, bool whole_addresses,
                                            std::chrono::milliseconds taken);

}  // namespace postern
