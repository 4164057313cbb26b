#include "lib/antispam/engine/captures.hpp"

#include <algorithm>

namespace postern::antispam {
namespace {

// A peer chooses what is captured; a pattern is compiled of it for each message.
constexpr std::size_t max_values = 64;
constexpr std::size_t max_value_size = 1'024;

constexpr bool is_capital(char c) {
  return c >= 'A' && c <= 'Z';
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Capitals and digits in words joined by "_", beginning with a capital.
bool is_tag_name(std::string_view name) {
  if (name.empty() || !is_capital(name.front()) || name.back() == '_') return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '_' && name[i - 1] == '_') return false;
    if (name[i] != '_' && !is_capital(name[i]) && !is_digit(name[i])) return false;
  }
  return true;
}

std::string in_quotes(std::string_view value) {
  std::string out;
  for (const char c : value) {
    const bool is_word = is_capital(c) || is_digit(c) || (c >= 'a' && c <= 'z') || c == '_';
    if (!is_word) out += '\\';
    out += c;
  }
  return out;
}

struct Place {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string_view name;
};

// The next %{NAME} or %\{NAME\} at or after `from`, unless a backslash stands before it.
std::optional<Place> next_place(std::string_view pattern, std::size_t from) {
  for (std::size_t at = pattern.find('%', from); at != std::string_view::npos;
       at = pattern.find('%', at + 1)) {
    if (at > 0 && pattern[at - 1] == '\\') continue;
    const bool is_escaped = pattern.substr(at + 1, 1) == "\\";
    const std::size_t brace = at + (is_escaped ? 2 : 1);
    const std::string_view end = is_escaped ? "\\}" : "}";
    const std::size_t close = pattern.find(end, brace);
    if (pattern.substr(brace, 1) != "{" || close == std::string_view::npos) continue;
    const std::string_view name = pattern.substr(brace + 1, close - brace - 1);
    if (is_tag_name(name)) return Place{at, close + end.size(), name};
  }
  return std::nullopt;
}

}  // namespace

void CaptureTags::set(const NamedCaptures& captures) {
  std::map<std::string, std::vector<std::string>, std::less<>> found;
  for (const auto& [name, value] : captures) {
    if (!is_tag_name(name) || value.size() > max_value_size) continue;
    std::vector<std::string>& values = found[name];
    if (values.size() < max_values &&
        std::find(values.begin(), values.end(), value) == values.end()) {
      values.push_back(value);
    }
  }
  for (auto& [name, values] : found) values_[name] = std::move(values);
}

std::optional<std::string> CaptureTags::fill(std::string_view pattern) const {
  std::string out;
  std::size_t done = 0;
  while (const auto place = next_place(pattern, done)) {
    const auto found = values_.find(place->name);
    if (found == values_.end() || found->second.empty()) return std::nullopt;
    out.append(pattern.substr(done, place->begin - done)).append("(?:");
    const char* separator = "";
    for (const std::string& value : found->second) {
      out.append(separator).append(in_quotes(value));
      separator = "|";
    }
    out += ')';
    done = place->end;
  }
  return out.append(pattern.substr(done));
}

std::vector<std::string> wanted_captures(std::string_view pattern) {
  std::vector<std::string> names;
  for (auto place = next_place(pattern, 0); place; place = next_place(pattern, place->end)) {
    names.emplace_back(place->name);
  }
  return names;
}

}  // namespace postern::antispam
