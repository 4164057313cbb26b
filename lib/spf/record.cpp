#include "lib/spf/record.hpp"

#include <algorithm>
#include <array>

#include "lib/base/ascii.hpp"

namespace postern::spf {
namespace {

constexpr std::string_view version = "v=spf1";
constexpr std::array mechanisms{Mechanism::all, Mechanism::include, Mechanism::a,
                                Mechanism::mx,  Mechanism::ptr,     Mechanism::ip4,
                                Mechanism::ip6, Mechanism::exists};

// Moves the offset of an error found in a part of the record that begins at `start`.
Unexpected<ParseError> shifted(std::size_t start, const ParseError& error) {
  return parse_error(start + error.offset, error.problem);
}

std::optional<Mechanism> mechanism_of(std::string_view name) {
  for (const Mechanism mechanism : mechanisms) {
    if (ascii::equals_ignoring_case(name, to_token(mechanism))) return mechanism;
  }
  return std::nullopt;
}

std::optional<Qualifier> qualifier_of(char c) {
  switch (c) {
    case '+': return Qualifier::pass;
    case '-': return Qualifier::fail;
    case '~': return Qualifier::softfail;
    case '?': return Qualifier::neutral;
    default: return std::nullopt;
  }
}

// A prefix length: decimal, without leading zeros, at most `max`.
std::optional<unsigned> parse_prefix(std::string_view digits, unsigned max) {
  if (digits.empty() || digits.size() > 3) return std::nullopt;
  if (digits.size() > 1 && digits.front() == '0') return std::nullopt;
  unsigned value = 0;
  for (const char c : digits) {
    if (!ascii::is_digit(c)) return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value <= max ? std::optional<unsigned>(value) : std::nullopt;
}

// Where "/digits" at the end of `text` begins, or npos.
std::size_t trailing_prefix(std::string_view text) {
  std::size_t at = text.size();
  while (at > 0 && ascii::is_digit(text[at - 1])) --at;
  return at > 0 && at < text.size() && text[at - 1] == '/' ? at - 1 : text.npos;
}

// Takes dual-cidr-length off the end of `rest`: "/24", "//64", or "/24//64". A slash may also be a
// part of the domain, but only the last label could be taken for a length, and that has no slash.
Parsed<Directive> parse_dual_cidr(std::string_view& rest, Directive directive) {
  std::size_t slash = trailing_prefix(rest);
  if (slash != rest.npos && slash > 0 && rest[slash - 1] == '/') {
    const auto prefix = parse_prefix(rest.substr(slash + 1), 128);
    if (!prefix) return parse_error(slash, "IPv6 prefix length is not 0 to 128");
    directive.prefix6 = *prefix;
    rest = rest.substr(0, slash - 1);
    slash = trailing_prefix(rest);
  }
  if (slash != rest.npos) {
    const auto prefix = parse_prefix(rest.substr(slash + 1), 32);
    if (!prefix) return parse_error(slash, "IPv4 prefix length is not 0 to 32");
    directive.prefix4 = *prefix;
    rest = rest.substr(0, slash);
  }
  return directive;
}

// `rest` is what follows the mechanism's name: nothing, or a colon and domain-spec.
Parsed<Directive> parse_target(std::string_view rest, bool required, Directive directive) {
  if (rest.empty()) {
    if (required) return parse_error(0, "mechanism without its domain");
    return directive;
  }
  if (rest.front() != ':') return parse_error(0, "mechanism with something else than a domain");
  const auto target = parse_domain_spec(rest.substr(1));
  if (!target) return shifted(1, target.error());
  directive.target = *target;
  return directive;
}

Parsed<Directive> parse_network(std::string_view rest, bool v4, Directive directive) {
  if (!rest.starts_with(':')) return parse_error(0, "mechanism without its network");
  const std::size_t slash = rest.find('/');
  const auto address = parse_ip_address(rest.substr(1, slash == rest.npos ? slash : slash - 1));
  if (!address || address->is_v4() != v4) return parse_error(1, "not a network of this kind");
  directive.network = {*address, address->bits()};
  if (slash == rest.npos) return directive;
  const auto prefix = parse_prefix(rest.substr(slash + 1), address->bits());
  if (!prefix) return parse_error(slash, "prefix length is not a number within the address");
  directive.network.prefix = *prefix;
  return directive;
}

Parsed<Directive> parse_arguments(std::string_view rest, const Directive& directive) {
  switch (directive.mechanism) {
    case Mechanism::all:
      if (!rest.empty()) return parse_error(0, "all takes no argument");
      return directive;
    case Mechanism::include:
    case Mechanism::exists: return parse_target(rest, true, directive);
    case Mechanism::ptr: return parse_target(rest, false, directive);
    case Mechanism::ip4: return parse_network(rest, true, directive);
    case Mechanism::ip6: return parse_network(rest, false, directive);
    case Mechanism::a:
    case Mechanism::mx: break;
  }
  const auto with_prefixes = parse_dual_cidr(rest, directive);
  if (!with_prefixes) return with_prefixes;
  return parse_target(rest, false, *with_prefixes);
}

Parsed<Directive> parse_directive(std::string_view term) {
  Directive directive;
  directive.text = term;
  const auto qualifier = qualifier_of(term.front());
  const std::size_t start = qualifier ? 1 : 0;
  if (qualifier) directive.qualifier = *qualifier;
  const std::size_t end = std::min(term.find_first_of(":/", start), term.size());
  const auto mechanism = mechanism_of(term.substr(start, end - start));
  if (!mechanism) return parse_error(start, "mechanism that is not known");
  directive.mechanism = *mechanism;
  const auto parsed = parse_arguments(term.substr(end), directive);
  if (!parsed) return shifted(end, parsed.error());
  return parsed;
}

// Octets of a modifier's name if the term is one: name "=" (RFC 7208 §12).
std::optional<std::size_t> modifier_name_size(std::string_view term) {
  if (!ascii::is_alpha(term.front())) return std::nullopt;
  std::size_t at = 1;
  while (at < term.size() &&
         (ascii::is_alnum(term[at]) || term[at] == '-' || term[at] == '_' || term[at] == '.')) {
    ++at;
  }
  if (at == term.size() || term[at] != '=') return std::nullopt;
  return at;
}

// Nothing but the error counts in the return value: the modifier is put into the record.
Parsed<MacroString> parse_modifier(std::string_view term, std::size_t name_size, Record& record) {
  const std::string_view name = term.substr(0, name_size);
  const std::string_view value = term.substr(name_size + 1);
  const bool redirects = ascii::equals_ignoring_case(name, "redirect");
  if (!redirects && !ascii::equals_ignoring_case(name, "exp")) return parse_macro_string(value);
  std::optional<MacroString>& place = redirects ? record.redirect : record.explanation;
  if (place) return parse_error(0, "redirect= or exp= occurs twice");
  const auto target = parse_domain_spec(value);
  if (target) place = *target;
  return target;
}

}  // namespace

bool is_record(std::string_view text) {
  return ascii::starts_with_ignoring_case(text, version) &&
         (text.size() == version.size() || text[version.size()] == ' ');
}

Parsed<Record> parse_record(std::string_view text) {
  if (!is_record(text)) return parse_error(0, "record does not begin with v=spf1");
  Record record;
  std::size_t at = version.size();
  while ((at = text.find_first_not_of(' ', at)) != text.npos) {
    const std::string_view term = text.substr(at, text.find(' ', at) - at);
    if (const auto name_size = modifier_name_size(term)) {
      const auto modifier = parse_modifier(term, *name_size, record);
      if (!modifier) return shifted(at, modifier.error());
    } else {
      const auto directive = parse_directive(term);
      if (!directive) return shifted(at, directive.error());
      record.directives.push_back(*directive);
    }
    at += term.size();
  }
  return record;
}

bool asks_dns(Mechanism mechanism) {
  switch (mechanism) {
    case Mechanism::all:
    case Mechanism::ip4:
    case Mechanism::ip6: return false;
    case Mechanism::include:
    case Mechanism::a:
    case Mechanism::mx:
    case Mechanism::ptr:
    case Mechanism::exists: return true;
  }
  return true;
}

std::string_view to_token(Mechanism mechanism) {
  switch (mechanism) {
    case Mechanism::all: return "all";
    case Mechanism::include: return "include";
    case Mechanism::a: return "a";
    case Mechanism::mx: return "mx";
    case Mechanism::ptr: return "ptr";
    case Mechanism::ip4: return "ip4";
    case Mechanism::ip6: return "ip6";
    case Mechanism::exists: return "exists";
  }
  return {};
}

}  // namespace postern::spf
