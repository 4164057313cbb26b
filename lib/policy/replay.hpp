// Requests out of a log, as Postfix would have asked them: of our own lines, or of Postfix's.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "lib/policy/request.hpp"
#include "lib/store/operation.hpp"

namespace postern::policy {

struct LoggedRequest {
  store::Time time;  ///< As the line says.
  Request request;
  std::string action;  ///< What was answered then; empty: not known.
};

/// Reads a log line by line; it remembers the clients of messages until Postfix is done with them,
/// and forgets the oldest beyond max_messages.
///
/// Of the policy daemon (event=policy) a line is a request. Of Postfix, "NOQUEUE: reject: RCPT"
/// lines are, and each "to=" line of a message that came by SMTP. Postfix does not log the HELO of
/// mail it accepts: the client's name stands for it.
class LogReader {
 public:
  static constexpr std::size_t max_messages = 10000;

  /// \param year  For times without one ("Nov 22 22:15:17").
  explicit LogReader(int year) : year_(year) {}

  /// The request that a line tells of.
  [[nodiscard]] std::optional<LoggedRequest> read(std::string_view line);

 private:
  struct Message {
    Request request;
    std::string recipients;  // those seen, each behind a blank
  };

  std::optional<LoggedRequest> read_own(std::string_view line, store::Time time) const;
  std::optional<LoggedRequest> read_reject(std::string_view text, store::Time time) const;
  std::optional<LoggedRequest> read_message(std::string_view text, store::Time time);

  int year_;
  std::map<std::string, Message, std::less<>> messages_;  // by queue id
};

/// The time at the beginning of a line: "2026-11-22T22:15:17.123+0100" or "Nov 22 22:15:17" (UTC).
[[nodiscard]] std::optional<store::Time> parse_log_time(std::string_view line, int year);

}  // namespace postern::policy
