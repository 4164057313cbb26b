#include "lib/keyring/import.hpp"

#include <algorithm>

#include "lib/base/ascii.hpp"
#include "lib/dns/name.hpp"

namespace postern::keyring {

std::optional<std::string> KeyPattern::domain_of(std::string_view name) const {
  if (name.size() <= before.size() + after.size()) return std::nullopt;
  if (!name.starts_with(before) || !name.ends_with(after)) return std::nullopt;
  name.remove_prefix(before.size());
  name.remove_suffix(after.size());
  const auto domain = dns::parse_domain(name);
  if (!domain || *domain != name) return std::nullopt;  // another spelling is another file
  return *domain;
}

std::string KeyPattern::path_of(std::string_view domain) const {
  std::string path = folder;
  if (!path.ends_with('/')) path += '/';
  return path.append(before).append(domain).append(after).append(
      replace_all(below, "$domain", domain));
}

void add_warning(std::vector<std::string>& warnings, std::string_view file, std::size_t line,
                 std::string_view problem) {
  if (warnings.size() > max_import_warnings) return;
  if (warnings.size() == max_import_warnings) {
    warnings.emplace_back("there are more warnings than are shown");
    return;
  }
  std::string text(file);
  if (line > 0) text.append(":").append(std::to_string(line));
  warnings.push_back(text.append(": ").append(problem));
}

std::string in_quotes(std::string_view word) {
  constexpr std::size_t max_shown = 80;
  std::string text = "\"";
  for (const char c : word.substr(0, max_shown)) text += ascii::is_printable(c) ? c : '?';
  return text + (word.size() > max_shown ? "...\"" : "\"");
}

std::string replace_all(std::string_view text, std::string_view variable, std::string_view value) {
  std::string out;
  while (true) {
    const std::size_t at = text.find(variable);
    out.append(text.substr(0, at));
    if (at == text.npos) return out;
    out.append(value);
    text.remove_prefix(at + variable.size());
  }
}

std::vector<ConfigLine> config_lines(std::string_view text) {
  std::vector<ConfigLine> lines;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    line = ascii::trim(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    const auto space = std::find_if(line.begin(), line.end(), ascii::is_blank);
    const auto size = static_cast<std::size_t>(space - line.begin());
    lines.push_back({number, line.substr(0, size), ascii::trim(line.substr(size))});
  }
  return lines;
}

}  // namespace postern::keyring
