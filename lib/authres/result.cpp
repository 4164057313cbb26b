#include "lib/authres/result.hpp"

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

}  // namespace postern::authres
