#include "lib/socketmap/message.hpp"

#include <algorithm>

#include "lib/base/ascii.hpp"
#include "lib/socketmap/netstring.hpp"

namespace postern::socketmap {
namespace {

std::string_view word_of(Reply::Status status) {
  switch (status) {
    case Reply::Status::ok: return "OK ";
    case Reply::Status::not_found: return "NOTFOUND ";
    case Reply::Status::temp: return "TEMP ";
    case Reply::Status::timeout: return "TIMEOUT ";
    case Reply::Status::perm: return "PERM ";
  }
  return "PERM ";
}

bool is_control(char c) {
  return (c >= 0 && c < ' ') || c == 0x7f;
}

std::string one_line(std::string_view text) {
  std::string line(text);
  std::replace_if(line.begin(), line.end(), is_control, '?');
  return line;
}

}  // namespace

Parsed<Request> parse_request(std::string_view content) {
  const std::size_t blank = content.find(' ');
  if (blank == content.npos) return parse_error(content.size(), "has no key");
  const std::string_view map = content.substr(0, blank);
  const std::string_view key = content.substr(blank + 1);
  if (map.empty() || map.size() > max_map_name_size ||
      !std::all_of(map.begin(), map.end(), ascii::is_printable)) {
    return parse_error(0, "has no name of a map");
  }
  if (key.size() > max_key_size) return parse_error(blank + 1, "has a key that is too long");
  return Request{std::string(map), std::string(key)};
}

std::string format(const Reply& reply) {
  std::string word(word_of(reply.status));
  if (reply.status == Reply::Status::not_found) return word;
  if (reply.status != Reply::Status::ok) {
    return word + one_line(std::string_view(reply.text).substr(0, max_reason_size));
  }
  if (word.size() + reply.text.size() > max_netstring_size) return "PERM value is too long";
  return word + one_line(reply.text);
}

}  // namespace postern::socketmap
