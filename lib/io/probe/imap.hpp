// As much of IMAP (RFC 9051) as probes need: one command after another.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/io/sockets/connection.hpp"

namespace postern::io {

inline constexpr std::size_t max_imap_literal = 1024 * 1024;  ///< Octets.

struct ImapLogin {
  IpAddress server;  ///< On this host: the password travels in clear.
  std::uint16_t port = 143;
  std::string user;
  std::string password;
};

/// What the server says to one command.
struct ImapResponse {
  bool ok = false;
  std::string end;                 ///< The tagged line, such as "OK [APPENDUID 1 7] done".
  std::vector<std::string> lines;  ///< Untagged; what a literal holds is not among them.
  std::string literal;             ///< The last one.
};

/// A string as IMAP quotes it; control octets are left out.
[[nodiscard]] std::string imap_quoted(const std::string& text);

/// A user who has logged in. Errors are sentences; what the server refuses is no error but not ok.
class ImapSession {
 public:
  [[nodiscard]] static Expected<ImapSession, std::string> log_in(const ImapLogin& login,
                                                                 Deadline deadline);

  [[nodiscard]] Expected<ImapResponse, std::string> command(const std::string& line);
  /// \param mailbox  As it stands in a command. \param message  Lines ended by CRLF.
  [[nodiscard]] Expected<ImapResponse, std::string> append(const std::string& mailbox,
                                                           const std::string& message);

  [[nodiscard]] const Deadline& deadline() const { return connection_.deadline(); }

 private:
  explicit ImapSession(Connection connection) : connection_(std::move(connection)) {}
  [[nodiscard]] Expected<ImapResponse, std::string> receive();

  Connection connection_;
};

}  // namespace postern::io
