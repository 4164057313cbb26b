#include "lib/spf/macro.hpp"

#include <algorithm>
#include <vector>

#include "lib/base/ascii.hpp"
#include "lib/dns/name.hpp"

namespace postern::spf {
namespace {

enum class Place { domain_spec, modifier, explanation };

// One macro-expand. A literal such as "%%" has no letter.
struct Macro {
  char letter = 0;  // Lower case.
  std::string_view literal;
  bool url_escaped = false;
  unsigned parts = 0;  // How many right-hand parts stay; 0 is all.
  bool reversed = false;
  std::string_view delimiters = ".";
  std::size_t size = 0;  // Octets of the macro in the text.
};

constexpr bool is_delimiter(char c) {
  constexpr std::string_view delimiters = ".-+,/_=";
  return delimiters.find(c) != delimiters.npos;
}

std::string_view literal_of(char c) {
  switch (c) {
    case '%': return "%";
    case '_': return " ";
    case '-': return "%20";
    default: return {};
  }
}

// Reads transformers and delimiters, from behind the letter to behind the brace.
Parsed<Macro> parse_transformers(std::string_view text, std::size_t start, Macro macro) {
  std::size_t at = start + 3;
  const std::size_t digits = at;
  for (; at < text.size() && ascii::is_digit(text[at]); ++at) {
    macro.parts = macro.parts * 10 + static_cast<unsigned>(text[at] - '0');
    if (macro.parts > max_macro_parts) return parse_error(at, "macro keeps too many parts");
  }
  if (at > digits && macro.parts == 0) return parse_error(digits, "macro keeps no part");
  macro.reversed = at < text.size() && ascii::to_lower(text[at]) == 'r';
  if (macro.reversed) ++at;
  const std::size_t delimiters = at;
  while (at < text.size() && is_delimiter(text[at])) ++at;
  if (at > delimiters) macro.delimiters = text.substr(delimiters, at - delimiters);
  if (at == text.size() || text[at] != '}') return parse_error(at, "macro is not closed");
  macro.size = at + 1 - start;
  return macro;
}

// Reads the macro at the "%" at `start`.
Parsed<Macro> parse_macro(std::string_view text, std::size_t start, Place place) {
  const std::string_view rest = text.substr(start + 1);
  if (rest.empty()) return parse_error(start, "'%' that begins no macro");
  Macro macro;
  macro.literal = literal_of(rest[0]);
  if (!macro.literal.empty()) {
    macro.size = 2;
    return macro;
  }
  if (rest[0] != '{') return parse_error(start, "'%' that begins no macro");
  const std::string_view letters = place == Place::domain_spec ? "slodiphv" : "slodiphvcrt";
  macro.letter = rest.size() > 1 ? ascii::to_lower(rest[1]) : '\0';
  if (letters.find(macro.letter) == letters.npos) {
    return parse_error(start + 2, "macro letter that is not allowed here");
  }
  macro.url_escaped = rest[1] != macro.letter;
  return parse_transformers(text, start, macro);
}

// Reads a whole macro-string. `tail` becomes the offset behind its last macro.
Parsed<MacroString> parse(std::string_view text, Place place, std::size_t& tail) {
  MacroString string{text, false};
  unsigned macros = 0;
  tail = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '%') {
      const bool allowed =
          ascii::is_printable(text[at]) && (text[at] != ' ' || place == Place::explanation);
      if (!allowed) return parse_error(at, "character that is not visible ASCII");
      ++at;
      continue;
    }
    const auto macro = parse_macro(text, at, place);
    if (!macro) return Unexpected<ParseError>(macro.error());
    if (++macros > max_macros) return parse_error(at, "too many macros");
    if (macro->letter == 'p') string.needs_client_name = true;
    at += macro->size;
    tail = at;
  }
  return string;
}

bool is_top_label(std::string_view label) {
  const auto may_stand = [](char c) { return ascii::is_alnum(c) || c == '-'; };
  return !label.empty() && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), may_stand) &&
         !std::all_of(label.begin(), label.end(), ascii::is_digit);
}

// i: dotted quad, or the 32 nibbles of IPv6 with dots between.
std::string dotted_ip(const IpAddress& ip) {
  if (ip.is_v4()) return ip.text();
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text;
  for (const unsigned byte : ip.bytes()) {
    text += {digits[byte >> 4], '.', digits[byte & 15], '.'};
  }
  text.pop_back();
  return text;
}

std::string value_of(char letter, const MacroValues& values) {
  switch (letter) {
    case 's': return values.local_part + "@" + values.sender_domain;
    case 'l': return values.local_part;
    case 'o': return values.sender_domain;
    case 'd': return values.domain;
    case 'i': return dotted_ip(values.client_ip);
    case 'p': return values.client_name;
    case 'v': return values.client_ip.is_v4() ? "in-addr" : "ip6";
    case 'h': return values.helo;
    case 'c': return values.client_ip.text();
    case 'r': return values.receiver;
    case 't': return std::to_string(values.now);
    default: return {};
  }
}

// Splits, reverses, keeps the right-hand parts, and joins with dots (RFC 7208 §7.3).
std::string transform(const std::string& value, const Macro& macro) {
  std::vector<std::string_view> parts;
  std::size_t start = 0;
  for (std::size_t at = 0; at <= value.size(); ++at) {
    if (at < value.size() && macro.delimiters.find(value[at]) == std::string_view::npos) continue;
    parts.push_back(std::string_view(value).substr(start, at - start));
    start = at + 1;
  }
  if (macro.reversed) std::reverse(parts.begin(), parts.end());
  const std::size_t kept =
      macro.parts == 0 ? parts.size() : std::min<std::size_t>(macro.parts, parts.size());
  std::string text;
  for (std::size_t i = parts.size() - kept; i < parts.size(); ++i) {
    if (i > parts.size() - kept) text += '.';
    text += parts[i];
  }
  return text;
}

std::string url_escape(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  constexpr std::string_view marks = "-._~";
  std::string escaped;
  for (const char c : text) {
    if (ascii::is_alnum(c) || marks.find(c) != marks.npos) {
      escaped += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    escaped += {'%', digits[byte >> 4U], digits[byte & 15U]};
  }
  return escaped;
}

std::string expand(const Macro& macro, const MacroValues& values) {
  if (macro.letter == 0) return std::string(macro.literal);
  const std::string text = transform(value_of(macro.letter, values), macro);
  return macro.url_escaped ? url_escape(text) : text;
}

// Expands until the result has `enough` octets.
std::string expand(const MacroString& string, const MacroValues& values, std::size_t enough) {
  std::string expanded;
  for (std::size_t at = 0; at < string.text.size() && expanded.size() < enough;) {
    if (string.text[at] != '%') {
      expanded += string.text[at++];
      continue;
    }
    const auto macro = parse_macro(string.text, at, Place::explanation);
    if (!macro) break;  // Not possible: the string was parsed.
    expanded += expand(*macro, values);
    at += macro->size;
  }
  return expanded;
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), ascii::is_printable);
}

}  // namespace

Parsed<MacroString> parse_domain_spec(std::string_view text) {
  std::size_t tail = 0;
  const auto string = parse(text, Place::domain_spec, tail);
  if (!string) return string;
  if (text.empty()) return parse_error(0, "domain is empty");
  std::string_view end = text.substr(tail);
  if (end.empty()) return string;
  if (end.ends_with('.')) end.remove_suffix(1);
  const std::size_t dot = end.rfind('.');
  if (dot == end.npos || !is_top_label(end.substr(dot + 1))) {
    return parse_error(tail, "domain does not end in a top-level domain");
  }
  return string;
}

Parsed<MacroString> parse_macro_string(std::string_view text) {
  std::size_t tail = 0;
  return parse(text, Place::modifier, tail);
}

Parsed<MacroString> parse_explain_string(std::string_view text) {
  std::size_t tail = 0;
  return parse(text, Place::explanation, tail);
}

std::optional<std::string> expand_name(const MacroString& domain_spec, const MacroValues& values) {
  const std::string expanded = expand(domain_spec, values, max_expansion_size + 1);
  if (expanded.size() > max_expansion_size) return std::nullopt;
  std::string_view name = expanded;
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.size() > dns::max_name_size) {
    const std::size_t dot = name.find('.', name.size() - dns::max_name_size - 1);
    if (dot == name.npos) return std::nullopt;
    name.remove_prefix(dot + 1);
  }
  const auto parsed = dns::parse_name(name);
  if (!parsed || !is_printable(*parsed)) return std::nullopt;
  return *parsed;
}

std::optional<std::string> expand_text(const MacroString& explain_string, const MacroValues& values,
                                       std::size_t max_size) {
  std::string text = expand(explain_string, values, max_size);
  text.resize(std::min(text.size(), max_size));
  if (text.empty() || !is_printable(text)) return std::nullopt;
  return text;
}

}  // namespace postern::spf
