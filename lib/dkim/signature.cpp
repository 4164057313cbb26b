#include "lib/dkim/signature.hpp"

#include <algorithm>

#include "lib/base/ascii.hpp"
#include "lib/base/base64.hpp"
#include "lib/dkim/tag_values.hpp"
#include "lib/dns/name.hpp"

namespace postern::dkim {
namespace {

// Each reader takes one tag, sets what it says, and returns the problem or empty text.

std::string_view read_algorithm(const TagList& tags, Signature& signature) {
  const Tag* tag = tags.find("a");
  if (tag == nullptr) return "a= is missing";
  if (ascii::is_token(tag->value)) signature.algorithm = ascii::to_lower(tag->value);
  if (tag->value == "rsa-sha256") {
    signature.key_type = PublicKey::Type::rsa;
    return {};
  }
  if (tag->value == "ed25519-sha256") {
    signature.key_type = PublicKey::Type::ed25519;
    return {};
  }
  if (tag->value == "rsa-sha1") return "rsa-sha1 is not accepted (RFC 8301)";
  return "a= names an unknown algorithm";
}

std::string_view read_value(const TagList& tags, Signature& signature) {
  const Tag* tag = tags.find("b");
  if (tag == nullptr) return "b= is missing";
  for (const char c : tag->value) {
    if (signature.value_prefix.size() == 8) break;
    if (ascii::is_alnum(c) || c == '+' || c == '/' || c == '=') signature.value_prefix += c;
  }
  auto value = decode_base64(tag->value);
  if (!value || value->empty()) return "b= is not base64";
  signature.value = std::move(*value);
  signature.value_begin = tag->begin;
  signature.value_end = tag->end;
  return {};
}

std::string_view read_domain_and_selector(const TagList& tags, ToAsciiDomain to_ascii,
                                          Signature& signature) {
  const Tag* domain = tags.find("d");
  if (domain == nullptr) return "d= is missing";
  auto ascii_domain = parse_domain_value(domain->value, to_ascii);
  // domain-name has two labels at least (RFC 6376 §3.5): nobody signs for a top-level domain.
  if (!ascii_domain || ascii_domain->find('.') == std::string::npos) return "d= is no domain name";
  signature.domain = std::move(*ascii_domain);
  signature.agent_id = "@" + signature.domain;

  const Tag* selector = tags.find("s");
  if (selector == nullptr) return "s= is missing";
  auto ascii_selector = parse_domain_value(selector->value, to_ascii);
  if (!ascii_selector) return "s= is no selector";
  signature.selector = std::move(*ascii_selector);
  return {};
}

std::string_view read_time(const TagList& tags, std::string_view name, std::string_view problem,
                           std::optional<std::int64_t>& time) {
  const Tag* tag = tags.find(name);
  if (tag == nullptr) return {};
  const auto seconds = parse_number(tag->value, max_time_digits);
  if (!seconds) return problem;
  time = *seconds == endless_number ? endless_time : static_cast<std::int64_t>(*seconds);
  return {};
}

std::string_view read_body_hash(const TagList& tags, Signature& signature) {
  const Tag* tag = tags.find("bh");
  if (tag == nullptr) return "bh= is missing";
  const auto bytes = decode_base64(tag->value);
  if (!bytes) return "bh= is not base64";
  if (bytes->size() != signature.body_hash.size()) return "bh= is no SHA-256 hash";
  std::transform(bytes->begin(), bytes->end(), signature.body_hash.begin(),
                 [](char c) { return static_cast<std::uint8_t>(c); });
  return {};
}

std::string_view read_canonicalization(const TagList& tags, Signature& signature) {
  const Tag* tag = tags.find("c");
  if (tag == nullptr) return {};
  const auto pair = parse_canonicalizations(tag->value);
  if (!pair) return "c= names an unknown canonicalization";
  signature.header_canonicalization = pair->header;
  signature.body_canonicalization = pair->body;
  return {};
}

std::string_view read_signed_names(const TagList& tags, Signature& signature) {
  const Tag* tag = tags.find("h");
  if (tag == nullptr) return "h= is missing";
  for (const std::string_view name : split_value(tag->value)) {
    const bool is_name = std::all_of(name.begin(), name.end(),
                                     [](char c) { return c > ' ' && c <= '~' && c != ':'; });
    if (!is_name) return "h= names no header field";
    signature.signed_names.push_back(ascii::to_lower(name));
  }
  return {};
}

std::string_view read_query_methods(const TagList& tags) {
  const Tag* tag = tags.find("q");
  if (tag == nullptr) return {};
  const auto methods = split_value(tag->value);
  const bool known = std::find(methods.begin(), methods.end(), "dns/txt") != methods.end();
  return known ? std::string_view{} : "q= names no known query method";
}

std::string_view read_body_length(const TagList& tags, Signature& signature) {
  const Tag* tag = tags.find("l");
  if (tag == nullptr) return {};
  const auto length = parse_number(tag->value, max_length_digits);
  if (!length) return "l= is no number";
  signature.body_length = *length;
  return {};
}

std::string_view read_version(const TagList& tags) {
  const Tag* tag = tags.find("v");
  if (tag == nullptr) return "v= is missing";
  return tag->value == "1" ? std::string_view{} : "v= is not 1";
}

std::string_view read_agent(const TagList& tags, ToAsciiDomain to_ascii, Signature& signature) {
  const Tag* tag = tags.find("i");
  if (tag == nullptr) return {};
  const auto text = decode_quoted_printable(tag->value);
  if (!text) return "i= is not quoted-printable";
  const std::size_t at_sign = text->rfind('@');
  if (at_sign == std::string::npos) return "i= has no domain";
  const auto domain = parse_domain_value(std::string_view(*text).substr(at_sign + 1), to_ascii);
  if (!domain) return "i= has no domain";
  if (!dns::is_at_or_below(*domain, signature.domain)) return "i= is outside d=";
  const std::string_view local_part = std::string_view(*text).substr(0, at_sign);
  const bool has_control = std::any_of(local_part.begin(), local_part.end(), [](char c) {
    return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
  });
  if (has_control) return "i= has a control character";
  signature.agent_id = std::string(local_part) + "@" + *domain;
  return {};
}

// What the tags say together (RFC 6376 §6.1.1).
std::string_view check_together(const Signature& signature) {
  const auto& names = signature.signed_names;
  if (std::find(names.begin(), names.end(), "from") == names.end()) return "h= lacks From";
  return {};
}

std::string_view read_dkim_tags(const TagList& tags, ToAsciiDomain to_ascii, Signature& signature) {
  if (const auto problem = read_version(tags); !problem.empty()) return problem;
  if (const auto problem = read_common_tags(tags, to_ascii, signature); !problem.empty()) {
    return problem;
  }
  if (const auto problem = read_agent(tags, to_ascii, signature); !problem.empty()) return problem;
  return check_together(signature);
}

}  // namespace

bool Signature::agent_is_domain() const {
  const std::size_t at_sign = agent_id.rfind('@');
  return std::string_view(agent_id).substr(at_sign + 1) == domain;
}

std::string_view read_seal_tags(const TagList& tags, ToAsciiDomain to_ascii, Signature& signature) {
  // Names first, so that a report can name who failed; each problem ends the reading.
  if (auto problem = read_domain_and_selector(tags, to_ascii, signature); !problem.empty()) {
    return problem;
  }
  if (auto problem = read_algorithm(tags, signature); !problem.empty()) return problem;
  if (auto problem = read_value(tags, signature); !problem.empty()) return problem;
  return read_time(tags, "t", "t= is no time", signature.timestamp);
}

std::string_view read_common_tags(const TagList& tags, ToAsciiDomain to_ascii,
                                  Signature& signature) {
  if (auto problem = read_seal_tags(tags, to_ascii, signature); !problem.empty()) return problem;
  if (auto problem = read_body_hash(tags, signature); !problem.empty()) return problem;
  if (auto problem = read_canonicalization(tags, signature); !problem.empty()) return problem;
  if (auto problem = read_signed_names(tags, signature); !problem.empty()) return problem;
  if (auto problem = read_query_methods(tags); !problem.empty()) return problem;
  if (auto problem = read_body_length(tags, signature); !problem.empty()) return problem;
  if (auto problem = read_time(tags, "x", "x= is no time", signature.expiration);
      !problem.empty()) {
    return problem;
  }
  const bool is_reversed = signature.timestamp && signature.expiration &&
                           *signature.expiration <= *signature.timestamp &&
                           *signature.expiration != endless_time;
  return is_reversed ? std::string_view("x= is not after t=") : std::string_view{};
}

SignatureField parse_signature(std::string_view body, ToAsciiDomain to_ascii) {
  SignatureField field;
  const auto tags = parse_tag_list(body);
  field.problem = tags ? read_dkim_tags(*tags, to_ascii, field.signature) : tags.error().problem;
  return field;
}

}  // namespace postern::dkim
