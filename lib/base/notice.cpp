#include "lib/base/notice.hpp"

#include <algorithm>

#include "lib/base/ascii.hpp"

namespace postern {
namespace {

constexpr std::size_t max_address_size = 254;  // RFC 5321 §4.5.3.1.3, without angle brackets

}  // namespace

std::string notice_line(std::string_view text) {
  std::string out(text.substr(0, max_address_size));
  for (char& c : out) {
    if (!ascii::is_printable(c)) c = '?';
  }
  return out;
}

std::string plain_address(std::string_view text) {
  constexpr std::string_view marks = "@.-_+=";
  const bool is_plain = std::all_of(text.begin(), text.end(), [&](char c) {
    return ascii::is_alnum(c) || marks.find(c) != marks.npos;
  });
  if (text.empty()) return "";
  const bool has_form = std::count(text.begin(), text.end(), '@') == 1 && text.front() != '@' &&
                        text.front() != '-' && text.back() != '@';
  return is_plain && has_form && text.size() <= max_address_size ? std::string(text)
                                                                 : std::string();
}

}  // namespace postern
