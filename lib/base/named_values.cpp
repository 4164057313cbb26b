#include "lib/base/named_values.hpp"

#include <algorithm>
#include <charconv>

#include "lib/base/ascii.hpp"
#include "lib/base/hex.hpp"

namespace postern {

std::string escape_value(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string value;
  for (const char c : text) {
    if (ascii::is_printable(c) && c != ' ' && c != '%') {
      value += c;
    } else {
      const auto octet = static_cast<unsigned char>(c);
      value += {'%', digits[octet >> 4], digits[octet & 15]};
    }
  }
  return value;
}

bool unescape_value(std::string_view value, std::size_t max_size, std::string& text) {
  text.clear();
  while (!value.empty()) {
    if (value.front() != '%') {
      if (!ascii::is_printable(value.front()) || value.front() == ' ') return false;
      text += value.front();
      value.remove_prefix(1);
      continue;
    }
    const int octet = hex_octet(value.substr(1));
    if (octet < 0) return false;
    text += static_cast<char>(octet);
    value.remove_prefix(3);
  }
  return !text.empty() && text.size() <= max_size;
}

bool read_number(std::string_view value, std::int64_t max, std::int64_t& number) {
  const char* const end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, number);
  return error == std::errc() && stop == end && number >= 0 && number <= max;
}

std::string_view detail::take_word(std::string_view& rest) {
  const std::size_t end = rest.find(' ');
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  return word;
}

std::size_t detail::place_of(std::string_view name, std::span<const ValueName> names) {
  const auto found = std::find_if(names.begin(), names.end(),
                                  [name](const ValueName& each) { return each.name == name; });
  return static_cast<std::size_t>(found - names.begin());
}

}  // namespace postern
