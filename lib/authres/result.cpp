// Methods and result codes of RFC 8601 to text and back.
#include "lib/authres/result.hpp"

#include "lib/base/ascii.hpp"

namespace postern::authres {

std::string_view to_token(Method method) {
  switch (method) {
    case Method::arc: return "arc";
    case Method::auth: return "auth";
    case Method::dkim: return "dkim";
    case Method::dmarc: return "dmarc";
    case Method::iprev: return "iprev";
    case Method::spf: return "spf";
  }
  return "";
}

std::string_view to_token(Result result) {
  switch (result) {
    case Result::none: return "none";
    case Result::pass: return "pass";
    case Result::fail: return "fail";
    case Result::softfail: return "softfail";
    case Result::policy: return "policy";
    case Result::neutral: return "neutral";
    case Result::temperror: return "temperror";
    case Result::permerror: return "permerror";
  }
  return "";
}

std::optional<Method> parse_method(std::string_view token) {
  for (const Method method :
       {Method::arc, Method::auth, Method::dkim, Method::dmarc, Method::iprev, Method::spf}) {
    if (ascii::equals_ignoring_case(token, to_token(method))) return method;
  }
  return std::nullopt;
}

std::optional<Result> parse_result(std::string_view token) {
  for (const Result result :
       {Result::none, Result::pass, Result::fail, Result::softfail, Result::policy, Result::neutral,
        Result::temperror, Result::permerror}) {
    if (ascii::equals_ignoring_case(token, to_token(result))) return result;
  }
  return std::nullopt;
}

}  // namespace postern::authres
