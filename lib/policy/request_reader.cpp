#include "lib/policy/request_reader.hpp"

#include <algorithm>

namespace postern::policy {

std::vector<Parsed<Request>> RequestReader::feed(std::string_view bytes) {
  std::vector<Parsed<Request>> requests;
  while (!bytes.empty() && !is_broken()) {
    const std::size_t end = bytes.find('\n');
    const std::size_t taken = end == bytes.npos ? bytes.size() : end + 1;
    if (taken > limits_.request_size - size_) {
      problem_ = "request is too large";
      break;
    }
    size_ += taken;
    if (end == bytes.npos) {
      line_.append(bytes);
      break;
    }
    if (line_.empty()) {
      take_line(bytes.substr(0, end), requests);
    } else {
      line_.append(bytes.substr(0, end));
      take_line(line_, requests);
      line_.clear();
    }
    bytes.remove_prefix(taken);
  }
  if (is_broken()) std::string().swap(line_);
  return requests;
}

void RequestReader::take_line(std::string_view line, std::vector<Parsed<Request>>& requests) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) return end_request(requests);
  if (++attributes_ > limits_.attributes) {
    problem_ = "request has too many attributes";
    return;
  }
  const std::size_t equals = line.find('=');
  if (equals == line.npos || line.find('\0') != line.npos) return;
  const std::string_view name = line.substr(0, equals);
  std::string value(line.substr(equals + 1));
  std::replace(value.begin(), value.end(), '\r', ' ');
  if (name == "request") {
    if (!has_type_) is_ours_ = value == "smtpd_access_policy";
    has_type_ = true;
    return;
  }
  const auto number = find_attribute(name);
  if (!number || seen_[*number]) return;
  seen_[*number] = true;
  set_attribute(request_, *number, value);
}

void RequestReader::end_request(std::vector<Parsed<Request>>& requests) {
  if (is_ours_) {
    requests.emplace_back(std::move(request_));
  } else {
    requests.emplace_back(parse_error(
        0, has_type_ ? "unknown request type" : "request without the attribute \"request\""));
  }
  request_ = Request();
  seen_.reset();
  has_type_ = is_ours_ = false;
  size_ = attributes_ = 0;
}

}  // namespace postern::policy
