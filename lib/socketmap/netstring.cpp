#include "lib/socketmap/netstring.hpp"

#include <algorithm>

#include "lib/base/ascii.hpp"

namespace postern::socketmap {
namespace {

constexpr std::size_t max_digits = 6;

}  // namespace

std::string format_netstring(std::string_view content) {
  content = content.substr(0, max_netstring_size);
  return std::to_string(content.size()).append(":").append(content).append(",");
}

NetstringReader::NetstringReader(std::size_t limit) : limit_(std::min(limit, max_netstring_size)) {}

void NetstringReader::feed(std::string_view bytes) {
  if (failed_) return;
  compact();
  buffer_.append(bytes);
}

// Reads "123:". False while it is not complete.
bool NetstringReader::read_head() {
  const std::string_view rest = std::string_view(buffer_).substr(at_);
  std::size_t size = 0;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == ':' && i > 0) {
      at_ += i + 1;
      size_ = size;
      has_head_ = true;
      return true;
    }
    // No leading zero: each netstring has one spelling.
    if (!ascii::is_digit(rest[i]) || i == max_digits || (i == 1 && rest[0] == '0')) break;
    size = size * 10 + static_cast<std::size_t>(rest[i] - '0');
    if (size > limit_) break;
    if (i + 1 == rest.size()) return false;
  }
  failed_ = !rest.empty();
  return false;
}

std::optional<std::string> NetstringReader::next() {
  if (failed_ || (!has_head_ && !read_head())) return std::nullopt;
  if (buffer_.size() - at_ < size_ + 1) return std::nullopt;
  if (buffer_[at_ + size_] != ',') {
    failed_ = true;
    return std::nullopt;
  }
  std::string content = buffer_.substr(at_, size_);
  at_ += size_ + 1;
  has_head_ = false;
  return content;
}

void NetstringReader::compact() {
  buffer_.erase(0, at_);
  at_ = 0;
}

}  // namespace postern::socketmap
