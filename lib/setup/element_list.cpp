#include "lib/setup/element_list.hpp"

#include <algorithm>

#include "lib/base/ascii.hpp"

namespace postern::setup {

ElementList split_elements(std::string_view value) {
  ElementList list;
  std::string element;
  std::size_t depth = 0;
  const auto end_element = [&] {
    if (!element.empty()) list.elements.push_back(std::move(element));
    element.clear();
  };
  for (const char c : value) {
    if (depth == 0 && (ascii::is_space(c) || c == ',')) {
      end_element();
      continue;
    }
    if (c == '{') ++depth;
    if (c == '}') {
      if (depth == 0) list.is_understood = false;
      if (depth > 0) --depth;
    }
    element += c;
  }
  end_element();
  list.is_understood = list.is_understood && depth == 0;
  return list;
}

bool has_element(std::string_view value, std::string_view element) {
  const std::vector<std::string> elements = split_elements(value).elements;
  return std::find(elements.begin(), elements.end(), element) != elements.end();
}

std::string with_first(std::string_view value, std::string_view element) {
  value = ascii::trim(value);
  if (has_element(value, element)) return std::string(value);
  std::string text(element);
  if (!value.empty()) text += ", " + std::string(value);
  return text;
}

std::string without(std::string_view value, std::string_view element) {
  if (!has_element(value, element)) return std::string(value);
  std::string text;
  for (const std::string& each : split_elements(value).elements) {
    if (each != element) text += (text.empty() ? "" : ", ") + each;
  }
  return text;
}

}  // namespace postern::setup
