// Requests out of the bytes of a connection, whatever the pieces they come in.
#pragma once

#include <bitset>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/policy/request.hpp"

namespace postern::policy {

/// What one request may be; Postfix sends some 30 attributes in 1 KiB.
struct Limits {
  std::size_t request_size = 65536;  ///< Octets with line ends.
  std::size_t attributes = 512;      ///< Lines, known or not.
};

/// Reads "name=value" lines up to an empty line, one request after the other. Of attributes that
/// come twice the first counts; unknown ones, lines without "=", and lines with NUL are passed
/// over; a CR before a line end is dropped and any other becomes a space. Linear, and its memory is
/// bounded by Limits::request_size and what one feed() is given.
class RequestReader {
 public:
  explicit RequestReader(const Limits& limits = {}) : limits_(limits) {}

  /// The requests that end within `bytes`, in order; an error stands for one that is not of type
  /// smtpd_access_policy. The answers have to be in the same order.
  [[nodiscard]] std::vector<Parsed<Request>> feed(std::string_view bytes);

  /// A limit was exceeded: nothing more is read, and the connection has to be closed.
  [[nodiscard]] bool is_broken() const { return !problem_.empty(); }
  /// Why; a literal.
  [[nodiscard]] std::string_view problem() const { return problem_; }
  /// Whether a request has begun and not ended.
  [[nodiscard]] bool is_within_request() const { return size_ > 0; }

 private:
  // Takes a whole line without its line feed.
  void take_line(std::string_view line, std::vector<Parsed<Request>>& requests);
  void end_request(std::vector<Parsed<Request>>& requests);

  Limits limits_;
  std::string line_;  // what has come of a line; never longer than limits_.request_size
  std::size_t size_ = 0;
  std::size_t attributes_ = 0;
  Request request_;
  std::bitset<max_known_attributes> seen_;
  bool has_type_ = false;
  bool is_ours_ = false;
  std::string_view problem_;
};

}  // namespace postern::policy
