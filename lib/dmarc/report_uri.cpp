// The URIs of rua= and ruf= (RFC 9989 §4.8, RFC 3986).
#include "lib/dmarc/report_uri.hpp"

#include <algorithm>

#include "lib/base/ascii.hpp"
#include "lib/dns/name.hpp"

namespace postern::dmarc {
namespace {

// Reserved, unreserved, and "%" (RFC 3986 §2), but "," and ";", which end a URI in a record.
constexpr bool is_uri_char(char c) {
  constexpr std::string_view others = "-._~:/?#[]@!$&'()*+=%";
  return ascii::is_alnum(c) || others.find(c) != others.npos;
}

constexpr bool is_scheme_char(char c) {
  return ascii::is_alnum(c) || c == '+' || c == '-' || c == '.';
}

// Cuts off "!" 1*DIGIT ["k" / "m" / "g" / "t"].
std::string_view without_size(std::string_view text) {
  const std::size_t mark = text.rfind('!');
  if (mark == text.npos) return text;
  std::string_view size = text.substr(mark + 1);
  constexpr std::string_view units = "kmgt";
  if (!size.empty() && units.find(ascii::to_lower(size.back())) != units.npos) {
    size.remove_suffix(1);
  }
  const bool is_number = !size.empty() && std::all_of(size.begin(), size.end(), ascii::is_digit);
  return is_number ? text.substr(0, mark) : text;
}

// to = local-part "@" domain, one mailbox (RFC 6068 §2).
bool is_mailbox(std::string_view to) {
  const std::size_t at = to.rfind('@');
  return at != to.npos && at > 0 && dns::parse_domain(to.substr(at + 1)).has_value();
}

}  // namespace

Parsed<std::string> parse_report_uri(std::string_view text) {
  text = without_size(text);
  const auto bad = std::find_if_not(text.begin(), text.end(), is_uri_char);
  if (bad != text.end()) {
    return parse_error(static_cast<std::size_t>(bad - text.begin()), "character that no URI has");
  }
  const std::size_t colon = text.find(':');
  if (colon == text.npos || colon == 0 || colon + 1 == text.size()) {
    return parse_error(text.size(), "URI lacks a scheme or what it names");
  }
  const std::string_view scheme = text.substr(0, colon);
  if (!ascii::is_alpha(scheme.front()) ||
      !std::all_of(scheme.begin(), scheme.end(), is_scheme_char)) {
    return parse_error(0, "URI lacks a scheme");
  }
  std::string_view rest = text.substr(colon + 1);
  if (ascii::equals_ignoring_case(scheme, "mailto") &&
      !is_mailbox(rest.substr(0, rest.find('?')))) {
    return parse_error(colon + 1, "mailto URI without a mailbox");
  }
  return std::string(text);
}

}  // namespace postern::dmarc
