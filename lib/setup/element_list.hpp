// Lists of main.cf, such as smtpd_milters, changed without touching what others wrote.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postern::setup {

/// The elements of a list parameter as they stand: words separated by commas or white space, where
/// what is in braces is one word. \return Nothing when braces do not match.
struct ElementList {
  std::vector<std::string> elements;
  bool is_understood = true;
};
[[nodiscard]] ElementList split_elements(std::string_view value);

[[nodiscard]] bool has_element(std::string_view value, std::string_view element);

/// Puts an element in front; the rest stays as it stands. A value that has it stays the same.
[[nodiscard]] std::string with_first(std::string_view value, std::string_view element);

/// Takes an element out; when the value has it, the others are joined with commas.
[[nodiscard]] std::string without(std::string_view value, std::string_view element);

}  // namespace postern::setup
