#include "lib/report/log_line.hpp"

#include <algorithm>
#include <array>

#include "lib/base/ascii.hpp"

namespace postern::report {
namespace {

constexpr std::size_t usual_size = 512;  // of the line of a message

constexpr std::array<bool, 256> plain = [] {
  std::array<bool, 256> all{};
  for (char c = '!'; c <= '~'; ++c) {
    all[static_cast<unsigned char>(c)] = c != '"' && c != '=' && c != '\\';
  }
  return all;
}();

constexpr bool is_plain(char c) {
  return plain[static_cast<unsigned char>(c)];
}

void append_escaped(std::string& text, std::string_view value) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      text.append(1, '\\').append(1, c);
    } else if (ascii::is_printable(c)) {
      text += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      text.append("\\x").append(1, digits[byte >> 4]).append(1, digits[byte & 0xf]);
    }
  }
}

}  // namespace

std::string escape(std::string_view text) {
  std::string escaped;
  append_escaped(escaped, text);
  return escaped;
}

LogLine::LogLine(std::string_view event) {
  text_.reserve(usual_size);
  text_.append("event=").append(event);
}

LogLine& LogLine::add(std::string_view key, std::string_view value) {
  text_.append(" ").append(key).append("=");
  const std::string_view shown = value.substr(0, max_log_value_size);
  if (!value.empty() && shown.size() == value.size() &&
      std::all_of(value.begin(), value.end(), is_plain)) {
    text_.append(value);
    return *this;
  }
  text_ += '"';
  append_escaped(text_, shown);
  text_ += shown.size() < value.size() ? "...\"" : "\"";
  return *this;
}

LogLine& LogLine::add(std::string_view key, std::int64_t value) {
  text_.append(" ").append(key).append("=").append(std::to_string(value));
  return *this;
}

}  // namespace postern::report
