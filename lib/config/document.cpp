#include "lib/config/document.hpp"

#include <cmath>

#include <toml++/toml.h>

namespace postern::config {
namespace {

Unexpected<ConfigError> config_error(std::string_view file, const toml::source_region& where,
                                     std::string problem) {
  return Unexpected<ConfigError>(
      ConfigError{std::string(file), where.begin.line, std::move(problem)});
}

Expected<Value, ConfigError> to_value(const toml::node& node, std::string_view file) {
  if (const auto* flag = node.as_boolean()) return Value(flag->get());
  if (const auto* number = node.as_integer()) return Value(number->get());
  if (const auto* number = node.as_floating_point(); number && std::isfinite(number->get())) {
    return Value(number->get());
  }
  if (const auto* text = node.as_string()) return Value(text->get());
  if (const auto* list = node.as_array()) {
    std::vector<std::string> texts;
    for (const toml::node& element : *list) {
      const auto* text = element.as_string();
      if (text == nullptr) {
        return config_error(file, element.source(), "a list may hold only strings in quotes");
      }
      texts.push_back(text->get());
    }
    return Value(std::move(texts));
  }
  return config_error(file, node.source(),
                      "a value is true, false, a number, a string in quotes, or a list of strings");
}

// Tables are a section, a group in it, and a name in that group.
constexpr int name_depth = 2;

Expected<void, ConfigError> add_table(Document& document, const toml::table& table,
                                      const std::string& prefix, int depth, std::string_view file) {
  for (const auto& [key, node] : table) {
    std::string name(key.str());
    if (const auto* section = node.as_table()) {
      if (depth == name_depth) name.insert(0, 1, '"').append(1, '"');
      name.insert(0, prefix);
      if (depth > name_depth) {
        return config_error(file, node.source(), "sections do not nest so deep: [" + name + "]");
      }
      auto added = add_table(document, *section, name + ".", depth + 1, file);
      if (!added) return added;
      continue;
    }
    name.insert(0, prefix);
    auto value = to_value(node, file);
    if (!value) return Unexpected<ConfigError>(value.error());
    document[name] = {std::move(*value), std::string(file), node.source().begin.line};
  }
  return {};
}

}  // namespace

std::string ConfigError::text() const {
  std::string where = file;
  if (line > 0) where += ":" + std::to_string(line);
  return where + ": " + problem;
}

Expected<Document, ConfigError> parse_document(std::string_view text, std::string_view file) {
  toml::table table;
  try {
    table = toml::parse(text);
  } catch (const toml::parse_error& error) {  // Debian's library is built with exceptions
    return config_error(file, error.source(), std::string(error.description()));
  }
  Document document;
  const auto added = add_table(document, table, "", 0, file);
  if (!added) return Unexpected<ConfigError>(added.error());
  return document;
}

Expected<Value, ConfigError> parse_value(std::string_view text) {
  const auto document = parse_document("value = " + std::string(text), "value");
  if (!document) return Unexpected<ConfigError>(document.error());
  return document->at("value").value;
}

Unexpected<ConfigError> wrong_parameter(const Document& document, std::string_view name,
                                        std::string_view problem) {
  const auto entry = document.find(name);
  const bool given = entry != document.end();
  return Unexpected<ConfigError>(ConfigError{given ? entry->second.file : "default",
                                             given ? entry->second.line : 0,
                                             std::string(name) + ": " + std::string(problem)});
}

}  // namespace postern::config
