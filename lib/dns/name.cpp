#include "lib/dns/name.hpp"

#include <algorithm>
#include <array>

#include "lib/base/ascii.hpp"

namespace postern::dns {
namespace {

// What parse_domain lets pass.
constexpr std::array<bool, 256> make_domain_chars() {
  std::array<bool, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const char c = static_cast<char>(i);
    table[i] = ascii::is_alnum(c) || c == '-' || c == '_' || c == '.';
  }
  return table;
}
constexpr std::array<bool, 256> domain_chars = make_domain_chars();

bool is_domain_char(char c) {
  return domain_chars[static_cast<unsigned char>(c)];
}

// Whether labels and sizes are right; `text` has no final dot.
Parsed<void> check_labels(std::string_view text) {
  if (text.empty()) return parse_error(0, "domain name is empty");
  if (text.size() > max_name_size) return parse_error(max_name_size, "domain name is too long");
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('.', start), text.size());
    if (end == start) return parse_error(end, "domain name has an empty label");
    if (end - start > max_label_size) return parse_error(end, "label of domain is too long");
    start = end + 1;
  }
  return {};
}

}  // namespace

Parsed<std::string> parse_name(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  const auto checked = check_labels(text);
  if (!checked) return Unexpected<ParseError>(checked.error());
  return ascii::to_lower(text);
}

Parsed<std::string> parse_domain(std::string_view text) {
  const auto wrong = std::find_if_not(text.begin(), text.end(), is_domain_char);
  if (wrong != text.end()) {
    return parse_error(static_cast<std::size_t>(wrong - text.begin()),
                       "character that no domain name has");
  }
  return parse_name(text);
}

bool is_parsed_domain(std::string_view text) {
  const auto may_stand = [](char c) { return is_domain_char(c) && ascii::to_lower(c) == c; };
  return std::all_of(text.begin(), text.end(), may_stand) && check_labels(text).has_value();
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
