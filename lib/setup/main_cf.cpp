#include "lib/setup/main_cf.hpp"

#include <algorithm>
#include <vector>

#include "lib/base/ascii.hpp"

namespace postern::setup {
namespace {

struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// The definition of a parameter: a line "name = ..." and the lines that go on with it, which begin
// with white space. Comments and empty lines may stand among them; those behind the last one do not
// belong to it.
struct Definition {
  std::size_t begin = 0;
  std::size_t value = 0;    // behind the "="
  std::vector<Span> parts;  // of the value, one for each line, without the line end
  std::size_t end = 0;      // behind the last line end
};

bool is_pause(std::string_view line) {
  const std::string_view text = ascii::trim(line);
  return text.empty() || text.front() == '#';
}

// Position behind the "=" when the line defines the parameter, else npos.
std::size_t value_in_line(std::string_view line, std::string_view name) {
  if (!line.starts_with(name)) return line.npos;
  const std::size_t equals = line.find_first_not_of(" \t", name.size());
  if (equals == line.npos || line[equals] != '=') return line.npos;
  return equals + 1;
}

// Postfix goes by the last definition.
bool find_definition(std::string_view text, std::string_view name, Definition& found) {
  bool is_found = false;
  bool is_inside = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t line_end = std::min(text.find('\n', at), text.size());
    const std::size_t next = std::min(line_end + 1, text.size());
    const std::string_view line = text.substr(at, line_end - at);
    if (!is_pause(line) && ascii::is_blank(line.front())) {
      if (is_inside) {
        found.parts.push_back({at, line_end});
        found.end = next;
      }
    } else if (!is_pause(line)) {
      const std::size_t value = value_in_line(line, name);
      is_inside = value != line.npos;
      if (is_inside) {
        found = {at, at + value, {{at + value, line_end}}, next};
        is_found = true;
      }
    }
    at = next;
  }
  return is_found;
}

std::string with_line_end(std::string_view text) {
  std::string whole(text);
  if (!whole.empty() && whole.back() != '\n') whole += '\n';
  return whole;
}

std::string appended(std::string_view text, std::string_view name, std::string_view value) {
  return with_line_end(text) + std::string(name) + " = " + std::string(value) + "\n";
}

bool is_empty(std::string_view text, const Definition& definition) {
  return std::all_of(definition.parts.begin(), definition.parts.end(), [&](const Span& part) {
    return ascii::trim(text.substr(part.begin, part.end - part.begin)).empty();
  });
}

std::string replaced(std::string_view text, std::size_t begin, std::size_t end,
                     std::string_view with) {
  return std::string(text.substr(0, begin)) + std::string(with) + std::string(text.substr(end));
}

bool is_separator(char c) {
  return ascii::is_space(c) || c == ',';
}

// Where an element stands in a part, outside of braces; npos if it does not.
std::size_t find_element(std::string_view part, std::string_view element) {
  std::size_t depth = 0;
  for (std::size_t at = 0; at < part.size(); ++at) {
    const bool begins = depth == 0 && (at == 0 || is_separator(part[at - 1]));
    if (begins && part.substr(at).starts_with(element)) {
      const std::size_t end = at + element.size();
      if (end == part.size() || is_separator(part[end])) return at;
    }
    if (part[at] == '{') ++depth;
    if (part[at] == '}' && depth > 0) --depth;
  }
  return part.npos;
}

}  // namespace

bool has_parameter(std::string_view text, std::string_view name) {
  Definition ignored;
  return find_definition(text, name, ignored);
}

std::string set_parameter(std::string_view text, std::string_view name, std::string_view value) {
  Definition found;
  if (!find_definition(text, name, found)) return appended(text, name, value);
  return replaced(text, found.begin, found.end,
                  std::string(name) + " = " + std::string(value) + "\n");
}

std::string remove_parameter(std::string_view text, std::string_view name) {
  std::string rest(text);
  for (Definition found; find_definition(rest, name, found); found = {}) {
    rest = replaced(rest, found.begin, found.end, "");
  }
  return rest;
}

std::string put_first(std::string_view text, std::string_view name, std::string_view words) {
  Definition found;
  if (!find_definition(text, name, found)) return appended(text, name, words);
  if (is_empty(text, found)) return set_parameter(text, name, words);
  std::size_t end = found.value;  // of the white space behind "="
  const std::size_t line_end = found.parts.front().end;
  while (end < line_end && ascii::is_blank(text[end])) ++end;
  const bool goes_on = end < line_end;
  return replaced(text, found.value, end, " " + std::string(words) + (goes_on ? ", " : ","));
}

std::string put_last(std::string_view text, std::string_view name, std::string_view words) {
  Definition found;
  if (!find_definition(text, name, found)) return appended(text, name, words);
  if (is_empty(text, found)) return set_parameter(text, name, words);
  const Span last = found.parts.back();
  std::size_t end = last.end;
  while (end > last.begin && ascii::is_space(text[end - 1])) --end;
  const bool has_comma = end > last.begin && text[end - 1] == ',';
  return replaced(text, end, end, (has_comma ? " " : ", ") + std::string(words));
}

std::string take_out(std::string_view text, std::string_view name, std::string_view element) {
  Definition found;
  if (!find_definition(text, name, found)) return std::string(text);
  for (const Span& part : found.parts) {
    const std::string_view line = text.substr(part.begin, part.end - part.begin);
    const std::size_t at = find_element(line, element);
    if (at == line.npos) continue;
    std::size_t begin = at;
    std::size_t end = at + element.size();
    if (end < line.size() && line[end] == ',') ++end;
    while (end < line.size() && ascii::is_blank(line[end])) ++end;
    if (end == line.size()) {  // nothing is behind it, so what set it off before it goes, too
      while (begin > 0 && ascii::is_blank(line[begin - 1])) --begin;
      if (begin > 0 && line[begin - 1] == ',') --begin;
    }
    return replaced(text, part.begin + begin, part.begin + end, "");
  }
  return std::string(text);
}

}  // namespace postern::setup
