#include "lib/dns/name.hpp"

#include "lib/base/ascii.hpp"

namespace postern::dns {
namespace {

constexpr bool is_domain_char(char c) {
  return ascii::is_alnum(c) || c == '-' || c == '_';
}

}  // namespace

Parsed<std::string> parse_name(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty()) return parse_error(0, "domain name is empty");
  if (text.size() > max_name_size) return parse_error(max_name_size, "domain name is too long");
  std::size_t label_start = 0;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    if (at < text.size() && text[at] != '.') continue;
    if (at == label_start) return parse_error(at, "domain name has an empty label");
    if (at - label_start > max_label_size) return parse_error(at, "label of domain is too long");
    label_start = at + 1;
  }
  return ascii::to_lower(text);
}

Parsed<std::string> parse_domain(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!is_domain_char(text[at]) && text[at] != '.') {
      return parse_error(at, "character that no domain name has");
    }
  }
  return parse_name(text);
}

std::vector<std::string_view> labels(std::string_view name) {
  std::vector<std::string_view> found;
  while (true) {
    const std::size_t dot = name.find('.');
    found.push_back(name.substr(0, dot));
    if (dot == name.npos) return found;
    name.remove_prefix(dot + 1);
  }
}

bool is_at_or_below(std::string_view name, std::string_view ancestor) {
  if (!name.ends_with(ancestor)) return false;
  const std::size_t rest = name.size() - ancestor.size();
  return rest == 0 || name[rest - 1] == '.';
}

}  // namespace postern::dns
