// Methods and result codes of RFC 8601, the words in which every check reports.
#pragma once

#include <string_view>

namespace postern::authres {

/// Authentication methods this ADMD reports (RFC 8601 §2.7; arc is from RFC 8617 §10.2).
enum class Method { arc, auth, dkim, dmarc, iprev, spf };

/// Result codes, spelled as on the wire. Each method uses a subset (RFC 8601 §2.7.1 to §2.7.5).
enum class Result { none, pass, fail, softfail, policy, neutral, temperror, permerror };

[[nodiscard]] std::string_view to_token(Method method);
[[nodiscard]] std::string_view to_token(Result result);

}  // namespace postern::authres
