#include "lib/recipients/address.hpp"

#include <algorithm>
#include <utility>

#include "lib/base/ascii.hpp"

namespace postern::recipients {
namespace {

// RFC 5322 §3.2.3 atext without what is a route to Postfix ("!", "%") or a path to local(8) ("/").
bool is_plain_char(char c) {
  constexpr std::string_view specials = "#$&'*+-=?^_`{|}~.";
  return ascii::is_alnum(c) || static_cast<unsigned char>(c) > 127 ||
         specials.find(c) != specials.npos;
}

bool is_domain_char(char c) {
  return ascii::is_alnum(c) || static_cast<unsigned char>(c) > 127 || c == '-' || c == '_' ||
         c == '.';
}

bool is_literal_char(char c) {
  return ascii::is_alnum(c) || c == '.' || c == ':' || c == '-';
}

bool has_empty_labels(std::string_view text) {
  return text.empty() || text.front() == '.' || text.back() == '.' || text.find("..") != text.npos;
}

bool is_domain(std::string_view text) {
  const bool is_literal = text.size() > 2 && text.front() == '[' && text.back() == ']';
  if (is_literal) {
    const std::string_view inner = text.substr(1, text.size() - 2);
    return std::all_of(inner.begin(), inner.end(), is_literal_char);
  }
  return !has_empty_labels(text) && std::all_of(text.begin(), text.end(), is_domain_char);
}

// As trivial-rewrite(8) completes it.
std::string complete_domain(std::string_view domain, const Names& names) {
  if (domain.ends_with('.')) domain.remove_suffix(1);
  std::string complete = ascii::to_lower(domain);
  const bool is_complete = names.domain_suffix.empty() || complete.starts_with('[') ||
                           complete.find('.') != complete.npos;
  return is_complete ? complete : complete + "." + names.domain_suffix;
}

bool is_never_split(std::string_view local_part, const Names& names) {
  for (const std::string_view reserved : {"postmaster", "mailer-daemon", "double-bounce"}) {
    if (local_part == reserved) return true;
  }
  const bool dash_is_special =
      names.owner_request_special && names.recipient_delimiter.find('-') != std::string::npos;
  constexpr std::string_view request = "-request";
  return dash_is_special && (local_part.starts_with("owner-") ||
                             (local_part.size() > request.size() && local_part.ends_with(request)));
}

constexpr std::string_view separators = ", \t\r\n";

void skip_separators(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(separators), text.size()));
}

// What the text begins with, which is taken off.
Destination take_destination(std::string_view& text) {
  Destination destination;
  bool is_quoted = false;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == '"') {
      is_quoted = !is_quoted;
    } else if (text[at] == '\\' && at + 1 < text.size()) {
      destination += text[++at];
    } else if (!is_quoted && separators.find(text[at]) != separators.npos) {
      break;
    } else {
      destination += text[at];
    }
  }
  text.remove_prefix(at);
  return destination;
}

}  // namespace

Parsed<Address> parse_address(std::string_view text, const Names& names) {
  if (text.size() > max_address_size) return parse_error(max_address_size, "too long");
  const std::size_t at = std::min(text.rfind('@'), text.size());
  const std::string_view local_part = text.substr(0, at);
  const auto strange = std::find_if_not(local_part.begin(), local_part.end(), is_plain_char);
  if (strange != local_part.end() || has_empty_labels(local_part)) {
    return parse_error(static_cast<std::size_t>(strange - local_part.begin()),
                       "the local part is not plain");
  }
  const bool has_domain = at < text.size();
  Address address{ascii::to_lower(local_part),
                  complete_domain(has_domain ? text.substr(at + 1) : names.origin, names)};
  if (!is_domain(address.domain)) return parse_error(at, "the domain is none");
  if (address.text().size() > max_address_size) return parse_error(at, "too long");
  return address;
}

std::size_t extension_offset(std::string_view local_part, const Names& names) {
  const std::size_t at = local_part.find_first_of(names.recipient_delimiter);
  const bool has_extension = at != local_part.npos && at > 0;
  return has_extension && !is_never_split(local_part, names) ? at : local_part.size();
}

Parsed<std::vector<Destination>> split_destinations(std::string_view text) {
  std::vector<Destination> destinations;
  std::string_view rest = text;
  for (skip_separators(rest); !rest.empty(); skip_separators(rest)) {
    if (destinations.size() == max_destinations) {
      return parse_error(text.size() - rest.size(), "more than 100 destinations");
    }
    destinations.push_back(take_destination(rest));
  }
  if (destinations.empty()) return parse_error(0, "no destination");
  return destinations;
}

bool leads_outside(const Destination& destination) {
  constexpr std::string_view marks = "|/~";
  const bool is_marked = !destination.empty() && marks.find(destination.front()) != marks.npos;
  return is_marked || ascii::starts_with_ignoring_case(destination, ":include:");
}

}  // namespace postern::recipients
