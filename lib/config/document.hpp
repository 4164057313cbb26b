// A configuration file as flat keys and values, each with the place where it stands (TOML 1.0).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/base/result.hpp"

namespace postern::config {

/// What a parameter can be set to.
using Value = std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>>;

/// A value and where the operator wrote it.
struct Entry {
  Value value;
  std::string file;
  std::size_t line = 0;
};

/// Keys as "section.key", or "key" for those before the first section. What stands in a table such
/// as [signing.domain."example.org"] has the name in quotes: `signing.domain."example.org".key`.
using Document = std::map<std::string, Entry, std::less<>>;

/// What is wrong with a configuration, fit to be shown to the operator as "file:line: problem".
struct ConfigError {
  std::string file;
  std::size_t line = 0;  ///< 0 when it is about the file as a whole.
  std::string problem;   ///< Says what was expected, and the remedy where there is one.

  [[nodiscard]] std::string text() const;
};

/// What is wrong with a parameter whose value could be read, where the operator wrote it.
/// \param name  As in the table, such as "quota.warn_at".
[[nodiscard]] Unexpected<ConfigError> wrong_parameter(const Document& document,
                                                      std::string_view name,
                                                      std::string_view problem);

/// Reads the text of a TOML file with sections and, inside them, groups of named tables.
/// \param file  Its name, for errors.
[[nodiscard]] Expected<Document, ConfigError> parse_document(std::string_view text,
                                                             std::string_view file);

/// Reads one value as it would stand after "=", such as the default in a table row.
[[nodiscard]] Expected<Value, ConfigError> parse_value(std::string_view text);

}  // namespace postern::config
