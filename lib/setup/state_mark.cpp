#include "lib/setup/state_mark.hpp"

#include <charconv>

namespace postern::setup {
namespace {

constexpr std::size_t max_mark_size = 200;

// The rest of a line that begins with a word; advances past the line.
bool take_line(std::string_view& text, std::string_view word, std::string_view& value) {
  const std::size_t end = text.find('\n');
  if (end == text.npos || !text.starts_with(word)) return false;
  value = text.substr(word.size(), end - word.size());
  text.remove_prefix(end + 1);
  return !value.empty();
}

}  // namespace

std::string format(const StateMark& mark) {
  return "format " + std::to_string(mark.format) + "\nversion " + mark.version + "\n";
}

Parsed<StateMark> parse_state_mark(std::string_view text) {
  if (text.size() > max_mark_size) return parse_error(0, "is too long");
  StateMark mark;
  std::string_view value;
  if (!take_line(text, "format ", value)) return parse_error(0, "does not begin with its format");
  const auto read = std::from_chars(value.data(), value.data() + value.size(), mark.format);
  if (read.ec != std::errc() || read.ptr != value.data() + value.size() || mark.format < 1) {
    return parse_error(0, "its format is no number");
  }
  // What a newer format has behind it is that format's business.
  if (take_line(text, "version ", value)) mark.version = value;
  return mark;
}

}  // namespace postern::setup
