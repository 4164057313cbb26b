#include "lib/doctor/postfix_config.hpp"

#include <algorithm>

#include "lib/base/ascii.hpp"

namespace postern::doctor {
namespace {

constexpr std::size_t chroot_column = 4;
constexpr std::size_t command_column = 7;  // after name, type, private, unpriv, chroot, wakeup,
                                           // and maxproc

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  return line;
}

void add_override(std::vector<MasterEntry>& services, std::string_view key,
                  const std::string& value) {
  const std::size_t last = key.rfind('/');
  if (last == key.npos || last == 0) return;
  const std::size_t middle = key.rfind('/', last - 1);
  if (middle == key.npos) return;
  const std::string_view name = key.substr(0, middle);
  const std::string_view type = key.substr(middle + 1, last - middle - 1);
  for (MasterEntry& service : services) {
    if (service.name == name && service.type == type) {
      service.overrides.insert_or_assign(std::string(key.substr(last + 1)), value);
    }
  }
}

}  // namespace

std::optional<std::string> PostfixConfig::find(std::string_view name) const {
  const auto found = values.find(name);
  return found == values.end() ? std::nullopt : std::optional(found->second);
}

std::string PostfixConfig::value(std::string_view name) const {
  return find(name).value_or("");
}

bool PostfixConfig::is_set(std::string_view name) const {
  return explicit_values.find(name) != explicit_values.end();
}

bool PostfixConfig::is_chrooted(std::string_view program) const {
  const auto entry = std::find_if(services.begin(), services.end(),
                                  [&](const MasterEntry& each) { return each.command == program; });
  return entry != services.end() && entry->chroot;
}

std::map<std::string, std::string, std::less<>> parse_parameters(std::string_view text) {
  std::map<std::string, std::string, std::less<>> values;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = take_line(rest);
    const std::size_t equals = line.find('=');
    if (equals == line.npos) continue;
    values.insert_or_assign(std::string(ascii::trim(line.substr(0, equals))),
                            std::string(ascii::trim(line.substr(equals + 1))));
  }
  return values;
}

std::vector<MasterEntry> parse_master(std::string_view entries, std::string_view overrides) {
  std::vector<MasterEntry> services;
  for (std::string_view rest = entries; !rest.empty();) {
    const std::string_view line = take_line(rest);
    if (line.empty() || ascii::is_blank(line.front()) || line.front() == '#') continue;
    const std::vector<std::string> words = split_list(line);
    if (words.size() <= command_column) continue;
    services.push_back(
        {words[0], words[1], words[chroot_column] == "y", words[command_column], {}});
  }
  for (const auto& [key, value] : parse_parameters(overrides)) {
    add_override(services, key, value);
  }
  return services;
}

std::vector<std::string> split_list(std::string_view value) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : value) {
    if (!ascii::is_space(c) && c != ',') {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

}  // namespace postern::doctor
