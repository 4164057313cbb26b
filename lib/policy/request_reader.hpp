// Requests out of the bytes of a connection, whatever the pieces they come in.
#pragma once

#include <bitset>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"
#include "lib/policy/request.hpp"

namespace postern::policy {

/// What one request may be; Postfix sends some 30 attributes in 1 KiB.
struct Limits {
  std::size_t request_size = 65536;  ///< Octets with line ends.
  std::size_t attributes = 512;      ///< Lines, known or not.
  std::size_t unread = 131072;  ///< Octets that wait for next(): a request's, and one read of them.
};

/// Reads "name=value" lines up to an empty line, one request after the other. Of attributes that
/// come twice the first counts; unknown ones, lines without "=", and lines with NUL are passed
/// over; a CR before a line end is dropped and any other becomes a space. Linear. A request is made
/// only when it is taken, so that memory is bounded by Limits::unread and Limits::request_size,
/// however many requests the octets are.
class RequestReader {
 public:
  explicit RequestReader(const Limits& limits = {}) : limits_(limits) {}

  /// Adds octets. The caller takes all requests with next() before it adds more.
  void feed(std::string_view bytes);

  /// The next request that has come in full; nothing when there is none, and after a limit was
  /// exceeded. An error stands for one that is not of type smtpd_access_policy.
  [[nodiscard]] std::optional<Parsed<Request>> next();

  /// A limit was exceeded: nothing more is read, and the connection has to be closed.
  [[nodiscard]] bool is_broken() const { return !problem_.empty(); }
  /// Why; a literal.
  [[nodiscard]] std::string_view problem() const { return problem_; }
  /// Whether a request has begun and not ended, when next() has taken all that have.
  [[nodiscard]] bool is_within_request() const { return size_ > 0 || unread() > 0; }
  /// Octets that wait.
  [[nodiscard]] std::size_t unread() const { return buffer_.size() - at_; }

 private:
  // Takes a whole line that is not empty, without its line end.
  void take_line(std::string_view line);
  [[nodiscard]] Parsed<Request> end_request();
  void fail(std::string_view problem);

  Limits limits_;
  std::string buffer_;
  std::size_t at_ = 0;        // of the first octet of buffer_ that is not yet read
  std::size_t searched_ = 0;  // there is no line end from at_ to here
  std::size_t size_ = 0;      // of the lines read of this request
  std::size_t attributes_ = 0;
  Request request_;
  std::bitset<max_known_attributes> seen_;
  bool has_type_ = false;
  bool is_ours_ = false;
  std::string_view problem_;
};

}  // namespace postern::policy
