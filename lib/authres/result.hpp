// Methods and result codes of RFC 8601, the words in which every check reports.
#pragma once

#include <optional>
#include <string_view>

namespace postern::authres {

/// Authentication methods this ADMD reports (RFC 8601 §2.7; arc is from RFC 8617 §10.2).
enum class Method { arc, auth, dkim, dmarc, iprev, spf };

/// Result codes, spelled as on the wire. Each method uses a subset (RFC 8601 §2.7.1 to §2.7.5).
enum class Result { none, pass, fail, softfail, policy, neutral, temperror, permerror };

[[nodiscard]] std::string_view to_token(Method method);
[[nodiscard]] std::string_view to_token(Result result);

/// The method or result of that name in any case, or nothing for one we do not know: a field of
/// another ADMD may hold any.
[[nodiscard]] std::optional<Method> parse_method(std::string_view token);
[[nodiscard]] std::optional<Result> parse_result(std::string_view token);

}  // namespace postern::authres
