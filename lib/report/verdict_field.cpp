#include "lib/report/verdict_field.hpp"

#include <algorithm>

#include "lib/base/ascii.hpp"
#include "lib/mail/message.hpp"
#include "lib/mail/received.hpp"
#include "lib/report/field_names.hpp"

namespace postern::report {
namespace {

bool is_named(const mail::HeaderField& field, std::string_view name) {
  return ascii::equals_ignoring_case(field.name, name);
}

bool is_delivery(const mail::HeaderField& field) {
  return ascii::to_lower(mail::parse_received(field.body).with).starts_with("lmtp");
}

// Takes the next statement away; a ";" within quotes does not end it.
std::string_view take_statement(std::string_view& text) {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < text.size() && (quoted || text[end] != ';'); ++end) {
    if (text[end] == '"') quoted = !quoted;
  }
  const std::string_view statement = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return ascii::trim(statement);
}

std::string_view unquoted(std::string_view text) {
  const bool is_quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return is_quoted ? text.substr(1, text.size() - 2) : text;
}

}  // namespace

std::optional<OwnFields> own_fields(std::span<const mail::HeaderField> fields) {
  OwnFields own;
  bool has_verdict = false;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (is_named(fields[i], verdict_field_name)) has_verdict = true;
    if (!is_named(fields[i], "Received")) continue;
    own.received = i;
    if (has_verdict) return own;
    if (!is_delivery(fields[i])) return std::nullopt;
    own.begin = i + 1;
  }
  return std::nullopt;
}

std::optional<std::string> own_verdict(std::string_view message) {
  const mail::Message parsed = mail::parse_message(message);
  const auto fields = parsed.header.fields();
  const auto own = own_fields(fields);
  if (!own) return std::nullopt;
  for (std::size_t i = own->begin; i < own->received; ++i) {
    if (is_named(fields[i], verdict_field_name)) return mail::unfold(fields[i].body);
  }
  return std::nullopt;
}

bool is_aspect(std::string_view name) {
  return std::find(aspects.begin(), aspects.end(), name) != aspects.end();
}

std::vector<std::string> values_of(std::string_view verdict, std::string_view aspect) {
  std::vector<std::string> values;
  while (!verdict.empty()) {
    const std::string_view statement = take_statement(verdict);
    const std::size_t equals = statement.find('=');
    if (equals == statement.npos || ascii::trim(statement.substr(0, equals)) != aspect) continue;
    const std::string_view value = unquoted(ascii::trim(statement.substr(equals + 1)));
    values.emplace_back(aspect == "score" && value.starts_with('-') ? "0" : value);
  }
  return values;
}

}  // namespace postern::report
