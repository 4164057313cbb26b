#include "lib/setup/dovecot_config.hpp"

#include <algorithm>
#include <set>

#include "lib/base/ascii.hpp"
#include "lib/doctor/postfix_config.hpp"

namespace postern::setup {
namespace {

constexpr std::string_view protocol_prefix = "protocol ";
constexpr std::string_view plugins_name = "mail_plugins";
constexpr std::size_t max_depth = 20;  // of sections; Dovecot has three

std::string joined(const std::vector<std::string>& sections, std::string_view name) {
  std::string path;
  for (const std::string& section : sections) path += section + "/";
  return path + std::string(name);
}

// doveconf quotes what would be read as something else.
std::string unquoted(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::string(value);
  std::string text;
  for (std::size_t at = 1; at + 1 < value.size(); ++at) {
    if (value[at] == '\\' && at + 2 < value.size()) ++at;
    text += value[at];
  }
  return text;
}

}  // namespace

DovecotSettings parse_doveconf(std::string_view text) {
  DovecotSettings settings;
  std::vector<std::string> sections;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = ascii::trim(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (line.empty() || line.front() == '#') continue;
    if (line == "}") {
      if (!sections.empty()) sections.pop_back();
    } else if (line.back() == '{') {
      if (sections.size() >= max_depth) break;
      sections.emplace_back(ascii::trim(line.substr(0, line.size() - 1)));
    } else if (const std::size_t equals = line.find('='); equals != line.npos) {
      settings.insert_or_assign(joined(sections, ascii::trim(line.substr(0, equals))),
                                unquoted(ascii::trim(line.substr(equals + 1))));
    }
  }
  return settings;
}

std::vector<std::string> plugins_of(const DovecotSettings& settings, std::string_view protocol) {
  const std::string section =
      protocol.empty() ? "" : std::string(protocol_prefix) + std::string(protocol) + "/";
  const std::string name = section + std::string(plugins_name);
  std::set<std::string> plugins;
  if (const auto list = settings.find(name); list != settings.end()) {
    for (std::string& word : doctor::split_list(list->second)) plugins.insert(std::move(word));
  }
  const std::string prefix = name + "/";
  for (auto each = settings.lower_bound(prefix);
       each != settings.end() && each->first.starts_with(prefix); ++each) {
    if (each->second == "yes") plugins.insert(each->first.substr(prefix.size()));
  }
  return {plugins.begin(), plugins.end()};
}

std::vector<std::string> protocols_with_plugins(const DovecotSettings& settings) {
  std::set<std::string> protocols;
  for (const auto& [path, value] : settings) {
    if (!path.starts_with(protocol_prefix)) continue;
    const std::size_t slash = path.find('/');
    if (slash == path.npos || !std::string_view(path).substr(slash + 1).starts_with(plugins_name)) {
      continue;
    }
    protocols.insert(path.substr(protocol_prefix.size(), slash - protocol_prefix.size()));
  }
  return {protocols.begin(), protocols.end()};
}

}  // namespace postern::setup
