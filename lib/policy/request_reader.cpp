#include "lib/policy/request_reader.hpp"

#include <algorithm>
#include <utility>

namespace postern::policy {

void RequestReader::feed(std::string_view bytes) {
  if (is_broken()) return;
  buffer_.erase(0, at_);
  searched_ -= at_;
  at_ = 0;
  if (bytes.size() > limits_.unread - buffer_.size()) {
    fail("more was sent than is read");
  } else {
    buffer_.append(bytes);
  }
}

std::optional<Parsed<Request>> RequestReader::next() {
  while (!is_broken()) {
    const std::size_t end = buffer_.find('\n', searched_);
    searched_ = end == buffer_.npos ? buffer_.size() : end + 1;
    if (searched_ - at_ > limits_.request_size - size_) {
      fail("request is too large");
      break;
    }
    if (end == buffer_.npos) break;
    std::string_view line = std::string_view(buffer_).substr(at_, end - at_);
    size_ += line.size() + 1;
    at_ = searched_;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) return end_request();
    take_line(line);
  }
  return std::nullopt;
}

void RequestReader::take_line(std::string_view line) {
  if (++attributes_ > limits_.attributes) return fail("request has too many attributes");
  const std::size_t equals = line.find('=');
  if (equals == line.npos || line.find('\0') != line.npos) return;
  const std::string_view name = line.substr(0, equals);
  const std::string_view value = line.substr(equals + 1);
  if (name == "request") {
    if (!has_type_) is_ours_ = value == "smtpd_access_policy";
    has_type_ = true;
    return;
  }
  const auto number = find_attribute(name);
  if (!number || seen_[*number]) return;
  seen_[*number] = true;
  if (value.find('\r') == value.npos) return set_attribute(request_, *number, value);
  std::string one_line(value);
  std::replace(one_line.begin(), one_line.end(), '\r', ' ');
  set_attribute(request_, *number, one_line);
}

Parsed<Request> RequestReader::end_request() {
  Request request = std::exchange(request_, Request());
  const bool had_type = std::exchange(has_type_, false);
  const bool was_ours = std::exchange(is_ours_, false);
  seen_.reset();
  size_ = attributes_ = 0;
  if (was_ours) return request;
  return parse_error(
      0, had_type ? "unknown request type" : "request without the attribute \"request\"");
}

// Lets go of what was kept, too.
void RequestReader::fail(std::string_view problem) {
  problem_ = problem;
  std::string().swap(buffer_);
  request_ = Request();
  at_ = searched_ = size_ = 0;
}

}  // namespace postern::policy
