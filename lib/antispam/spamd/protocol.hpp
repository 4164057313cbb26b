// The protocol between spamc and spamd: one request and one reply per connection (SpamAssassin's
// spamd/PROTOCOL).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"

namespace postern::antispam::spamd {

enum class Method { check, symbols, report, report_ifspam, process, headers, ping, skip, tell };

enum class MessageClass { unknown, spam, ham };

struct Request {
  Method method = Method::check;
  double version = 0;  ///< Of the client: 1.5. From 1.2 on replies have headers.
  std::optional<std::size_t> content_length;           ///< Octets as sent, perhaps compressed.
  bool is_compressed = false;                          ///< A zlib stream (RFC 1950).
  std::string user;                                    ///< No control characters; may be empty.
  MessageClass message_class = MessageClass::unknown;  ///< Of TELL, as the next four.
  bool sets_local = false;
  bool sets_remote = false;
  bool removes_local = false;
  bool removes_remote = false;
};

/// What a client is told instead of a result; `code` as in sysexits.h.
struct Refusal {
  int code = 0;
  std::string text;
};

[[nodiscard]] Refusal bad_request(std::string_view problem);  ///< 76
[[nodiscard]] Refusal unavailable(std::string_view problem);  ///< 69
[[nodiscard]] Refusal timed_out(std::string_view problem);    ///< 79

inline constexpr std::size_t max_line_size = 8192;  ///< Octets, of a request's head.
inline constexpr std::size_t max_header_count = 256;
inline constexpr std::size_t max_head_size = 65536;  ///< Octets, of all lines.

/// A request without its content.
struct Head {
  Request request;
  std::size_t size = 0;  ///< Octets up to the content.
};

/// Reads the head of a request.
///
/// \param bytes     What has come so far.
/// \param is_whole  Whether more can come.
/// \return Nothing while the head is not complete; a refusal for what is no request.
[[nodiscard]] Expected<std::optional<Head>, Refusal> read_head(std::string_view bytes,
                                                               bool is_whole);

/// What came of a message.
struct Answer {
  bool is_spam = false;
  std::string score;     ///< "7.4", as in headers.
  std::string required;  ///< "5.0"
  /// By method: the rewritten message, its header section, the report, or the names of rules.
  std::string content;
};

[[nodiscard]] std::string format_answer(const Request& request, const Answer& answer);
[[nodiscard]] std::string format_told(bool did_set, bool did_remove);
[[nodiscard]] std::string format_pong();
[[nodiscard]] std::string format_refusal(const Refusal& refusal);

/// The header section of a message with its empty line: what HEADERS answers.
[[nodiscard]] std::string_view header_section(std::string_view message);

}  // namespace postern::antispam::spamd
