#include "lib/arc/fields.hpp"

#include <algorithm>
#include <optional>

#include "lib/base/ascii.hpp"
#include "lib/dkim/tag_values.hpp"

namespace postern::arc {
namespace {

constexpr std::size_t max_instance_digits = 2;  // RFC 8617 §4.2.1
constexpr std::string_view bad_instance = "i= is no instance";

std::optional<unsigned> parse_instance(std::string_view value) {
  const auto number = dkim::parse_number(value, max_instance_digits);
  if (!number || *number == 0 || *number > max_sets) return std::nullopt;
  return static_cast<unsigned>(*number);
}

// Sets the instance, on which everything else of a field hangs; gives the problem or empty text.
std::string_view read_instance(const dkim::TagList& tags, Field& field) {
  const dkim::Tag* tag = tags.find("i");
  if (tag == nullptr) return "i= is missing";
  const auto instance = parse_instance(tag->value);
  if (!instance) return bad_instance;
  field.instance = *instance;
  return {};
}

std::string_view read_validation(const dkim::TagList& tags, Field& field) {
  const dkim::Tag* tag = tags.find("cv");
  if (tag == nullptr) return "cv= is missing";
  if (tag->value == "none") {
    field.validation = ChainValidation::none;
  } else if (tag->value == "fail") {
    field.validation = ChainValidation::fail;
  } else if (tag->value == "pass") {
    field.validation = ChainValidation::pass;
  } else {
    return "cv= is none of none, fail, and pass";
  }
  return {};
}

std::string_view read_seal(const dkim::TagList& tags, dkim::ToAsciiDomain to_ascii, Field& field) {
  if (const auto problem = read_instance(tags, field); !problem.empty()) return problem;
  if (tags.find("h") != nullptr) return "h= is not allowed in a seal";
  if (const auto problem = read_validation(tags, field); !problem.empty()) return problem;
  return dkim::read_seal_tags(tags, to_ascii, field.signature);
}

std::string_view read_message_signature(const dkim::TagList& tags, dkim::ToAsciiDomain to_ascii,
                                        Field& field) {
  if (const auto problem = read_instance(tags, field); !problem.empty()) return problem;
  // Sealers that leave out c= mean relaxed for both, and the test suite wants it so, although
  // RFC 8617 §4.1.2 names no default of its own.
  field.signature.header_canonicalization = dkim::Canonicalization::relaxed;
  field.signature.body_canonicalization = dkim::Canonicalization::relaxed;
  const auto problem = dkim::read_common_tags(tags, to_ascii, field.signature);
  if (!problem.empty()) return problem;
  const auto& names = field.signature.signed_names;
  const bool has_seal = std::find(names.begin(), names.end(), "arc-seal") != names.end();
  return has_seal ? std::string_view("h= names ARC-Seal") : std::string_view{};
}

// Reads white space and comments, which may hold comments (CFWS, RFC 5322 §3.2.2).
std::string_view skip_comments(std::string_view text) {
  std::size_t depth = 0;
  while (!text.empty()) {
    const char c = text.front();
    if (c == '(') {
      ++depth;
    } else if (c == ')' && depth > 0) {
      --depth;
    } else if (c == '\\' && depth > 0 && text.size() > 1) {
      text.remove_prefix(1);
    } else if (depth == 0 && !ascii::is_space(c)) {
      break;
    }
    text.remove_prefix(1);
  }
  return text;
}

// Takes one character that must come next, after comments.
bool take(std::string_view& text, char wanted) {
  text = skip_comments(text);
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<unsigned> take_instance(std::string_view& text) {
  if (!take(text, 'i') || !take(text, '=')) return std::nullopt;
  text = skip_comments(text);
  std::size_t digits = 0;
  while (digits < text.size() && ascii::is_digit(text[digits])) ++digits;
  const auto instance = parse_instance(text.substr(0, digits));
  text.remove_prefix(digits);
  return take(text, ';') ? instance : std::nullopt;
}

// An authserv-id is a token or quoted text (RFC 8601 §2.2), or UTF-8 (RFC 8616 §5).
std::string take_authserv_id(std::string_view text) {
  std::string id;
  const bool is_quoted = take(text, '"');
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (is_quoted && c == '"') return ascii::to_lower(id);
    if (is_quoted && c == '\\' && at + 1 < text.size()) {
      id += text[++at];
    } else if (is_quoted || ascii::is_token_char(c) || static_cast<unsigned char>(c) >= 0x80) {
      id += c;
    } else {
      break;
    }
  }
  return is_quoted ? std::string() : ascii::to_lower(id);
}

}  // namespace

Field parse_seal(std::string_view body, dkim::ToAsciiDomain to_ascii) {
  Field field;
  const auto tags = dkim::parse_tag_list(body);
  field.problem = tags ? read_seal(*tags, to_ascii, field) : tags.error().problem;
  return field;
}

Field parse_message_signature(std::string_view body, dkim::ToAsciiDomain to_ascii) {
  Field field;
  const auto tags = dkim::parse_tag_list(body);
  field.problem = tags ? read_message_signature(*tags, to_ascii, field) : tags.error().problem;
  return field;
}

Field parse_results(std::string_view body) {
  Field field;
  const auto instance = take_instance(body);
  if (!instance) {
    field.problem = "does not begin with i= and an instance";
    return field;
  }
  field.instance = *instance;
  field.authserv_id = take_authserv_id(body);
  if (field.authserv_id.empty()) field.problem = "authserv-id is missing";
  return field;
}

}  // namespace postern::arc
