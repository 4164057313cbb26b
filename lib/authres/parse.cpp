// Reads Authentication-Results of other agents, and tells which fields claim to be ours (RFC 8601).
#include "lib/authres/parse.hpp"

#include <algorithm>
#include <utility>

#include "lib/authres/cursor.hpp"
#include "lib/base/ascii.hpp"

namespace postern::authres {
namespace {

constexpr std::string_view not_closed = "comment or quoted-string is not closed";
constexpr std::string_view no_authserv_id = "authserv-id is missing";

// [CFWS] authserv-id [CFWS]. What is followed by "=" or "/" is a method, so there is no identifier.
Parsed<std::string> take_authserv_id(Cursor& cursor) {
  cursor.skip_cfws();
  const std::size_t start = cursor.at();
  const std::string id = cursor.take_value();
  if (cursor.is_broken()) return parse_error(cursor.at(), not_closed);
  if (id.empty()) return parse_error(start, no_authserv_id);
  cursor.skip_cfws();
  if (cursor.peek() == '=' || cursor.peek() == '/') return parse_error(start, no_authserv_id);
  return ascii::to_lower(id);
}

// Passes "=" with CFWS around it.
bool take_equals(Cursor& cursor) {
  cursor.skip_cfws();
  if (!cursor.take('=')) return false;
  cursor.skip_cfws();
  return true;
}

// methodspec (RFC 8601 §2.2), or "none" instead of one.
enum class Head { method, none, malformed };
Head take_method(Cursor& cursor, ReportedResult& result) {
  result.method = cursor.take_keyword();
  cursor.skip_cfws();
  if (result.method == "none" && (cursor.is_end() || cursor.peek() == ';')) return Head::none;
  if (cursor.take('/')) {
    cursor.skip_cfws();
    const auto version = cursor.take_number(max_version_number);
    if (!version) return Head::malformed;
    result.version = *version;
  }
  if (result.method.empty() || !take_equals(cursor)) return Head::malformed;
  result.result = cursor.take_keyword();
  return result.result.empty() ? Head::malformed : Head::method;
}

// reasonspec or propspec (RFC 8601 §2.2). False if it is neither.
bool take_property(Cursor& cursor, ReportedResult& result, bool& complete) {
  ReportedProperty property;
  property.name = cursor.take_keyword();
  cursor.skip_cfws();
  if (cursor.take('.')) {
    property.type = std::exchange(property.name, {});
    cursor.skip_cfws();
    property.name = cursor.take_keyword();
    if (property.type.empty()) return false;
  }
  if (property.name.empty() || !take_equals(cursor)) return false;
  property.value = cursor.take_loose_value();
  if (property.type.empty() && property.name == "reason") {
    result.reason = std::move(property.value);
  } else if (result.properties.size() < max_properties) {
    result.properties.push_back(std::move(property));
  } else {
    complete = false;
  }
  return true;
}

// One resinfo after its ";". What was read before a malformed property stays.
void take_result(Cursor& cursor, AuthenticationResults& field) {
  ReportedResult result;
  const Head head = take_method(cursor, result);
  if (head == Head::malformed) field.complete = false;
  if (head != Head::method) return;
  for (cursor.skip_cfws(); !cursor.is_end() && cursor.peek() != ';'; cursor.skip_cfws()) {
    if (!take_property(cursor, result, field.complete)) {
      field.complete = false;
      break;
    }
  }
  field.results.push_back(std::move(result));
}

// The payload from the authserv-id on (RFC 8601 §2.2).
Parsed<AuthenticationResults> take_payload(Cursor& cursor) {
  AuthenticationResults field;
  Parsed<std::string> id = take_authserv_id(cursor);
  if (!id) return Unexpected<ParseError>(id.error());
  field.authserv_id = std::move(*id);
  if (const auto version = cursor.take_number(max_version_number)) field.version = *version;
  while (true) {
    cursor.skip_cfws();
    if (!cursor.is_end() && cursor.peek() != ';') field.complete = false;
    cursor.skip_statement();  // what the statement before left, quotes and comments whole
    if (!cursor.take(';')) break;
    cursor.skip_cfws();
    if (cursor.is_end() || cursor.peek() == ';') continue;
    if (field.results.size() < max_results) {
      take_result(cursor, field);
    } else {
      field.complete = false;
    }
  }
  if (cursor.is_broken()) return parse_error(cursor.at(), not_closed);
  return field;
}

// Without what a reader may overlook: white space, control octets, and final dots.
std::string to_comparable(std::string_view id) {
  std::string plain;
  for (const char c : id) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet > ' ' && octet != 0x7f) plain += ascii::to_lower(c);
  }
  while (plain.ends_with('.')) plain.pop_back();
  return plain;
}

bool has_eight_bit(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) > 0x7f; });
}

}  // namespace

std::string_view ReportedResult::value_of(std::string_view type, std::string_view name) const {
  for (const ReportedProperty& property : properties) {
    if (property.type == type && property.name == name) return property.value;
  }
  return {};
}

Parsed<AuthenticationResults> parse(std::string_view body) {
  if (body.size() > max_body_size) return parse_error(max_body_size, "field is too long");
  Cursor cursor(body);
  return take_payload(cursor);
}

Parsed<ArcAuthenticationResults> parse_arc(std::string_view body) {
  if (body.size() > max_body_size) return parse_error(max_body_size, "field is too long");
  Cursor cursor(body);
  ArcAuthenticationResults field;
  cursor.skip_cfws();
  if (cursor.take_keyword() != "i" || !take_equals(cursor)) {
    return parse_error(cursor.at(), "instance is missing");
  }
  const auto instance = cursor.take_number(max_arc_instance);
  if (!instance || *instance == 0) return parse_error(cursor.at(), "instance is out of range");
  field.instance = *instance;
  cursor.skip_cfws();
  if (!cursor.take(';')) return parse_error(cursor.at(), "no ';' after the instance");
  Parsed<AuthenticationResults> results = take_payload(cursor);
  if (!results) return Unexpected<ParseError>(results.error());
  field.results = std::move(*results);
  return field;
}

Parsed<std::string> parse_authserv_id(std::string_view body) {
  Cursor cursor(body);
  return take_authserv_id(cursor);
}

bool is_ours(std::string_view body, std::string_view authserv_id) {
  const Parsed<std::string> id = parse_authserv_id(body);
  if (!id) return true;
  const std::string theirs = to_comparable(*id);
  const std::string ours = to_comparable(authserv_id);
  if (theirs.empty() || theirs == ours) return true;
  // A later reader may convert one to the other (RFC 8601 §5); we have no table for it here.
  return has_eight_bit(theirs) && (has_eight_bit(ours) || ours.find("xn--") != ours.npos);
}

}  // namespace postern::authres
