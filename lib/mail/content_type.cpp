#include "lib/mail/content_type.hpp"

#include "lib/base/ascii.hpp"
#include "lib/mail/lexical.hpp"

namespace postern::mail {
namespace {

// Reads a token after comments and white space, in lower case; moves `at` behind it.
std::string read_token(std::string_view text, std::size_t& at) {
  at = skip_cfws(text, at).end;
  const std::size_t begin = at;
  while (at < text.size() && ascii::is_token_char(text[at])) ++at;
  return ascii::to_lower(text.substr(begin, at - begin));
}

}  // namespace

bool ContentType::is(std::string_view name) const {
  return name.size() == type.size() + 1 + subtype.size() && name.starts_with(type) &&
         name[type.size()] == '/' && name.ends_with(subtype);
}

bool ContentType::is_message() const {
  return type == "message" && (subtype == "rfc822" || subtype == "global" || subtype == "news");
}

std::string_view ContentType::charset() const {
  const std::string* name = parameters.find("charset");
  return name != nullptr ? std::string_view(*name) : std::string_view("us-ascii");
}

ContentType parse_content_type(std::string_view field_body, const CharsetConverter& charsets,
                               const Limits& limits) {
  ContentType result;
  const std::string_view text = field_body.substr(0, limits.parameter_size);
  std::size_t at = 0;
  std::string type = read_token(text, at);
  at = skip_cfws(text, at).end;
  std::string subtype;
  if (at < text.size() && text[at] == '/') subtype = read_token(text, ++at);
  if (type.empty() || subtype.empty()) {
    result.defects.add(Defect::bad_content_type);
    at = std::min(text.find(';'), text.size());
  } else {
    result.type = std::move(type);
    result.subtype = std::move(subtype);
  }
  result.parameters = parse_parameters(text.substr(at), charsets, limits);
  if (text.size() < field_body.size()) result.parameters.limits.add(Limit::parameter_size);
  result.defects.add(result.parameters.defects);
  return result;
}

ContentDisposition parse_content_disposition(std::string_view field_body,
                                             const CharsetConverter& charsets,
                                             const Limits& limits) {
  ContentDisposition result;
  const std::string_view text = field_body.substr(0, limits.parameter_size);
  std::size_t at = 0;
  result.type = read_token(text, at);
  if (at < text.size() && text[at] == '=') {  // no type at all: "filename=a.pdf"
    result.type.clear();
    at = 0;
  }
  result.parameters = parse_parameters(text.substr(at), charsets, limits);
  if (text.size() < field_body.size()) result.parameters.limits.add(Limit::parameter_size);
  return result;
}

}  // namespace postern::mail
