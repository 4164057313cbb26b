#include "lib/io/probe/imap.hpp"

#include <optional>

#include "lib/base/ascii.hpp"

namespace postern::io {
namespace {

constexpr std::size_t max_response_lines = 10'000;
constexpr std::string_view tag = "p ";

// Bytes announced by "{NUMBER}" at the end of a line (RFC 9051 §4.3).
std::optional<std::size_t> literal_size(const std::string& line) {
  const std::size_t open = line.rfind('{');
  if (!line.ends_with('}') || open == line.npos) return std::nullopt;
  std::size_t size = 0;
  for (const char c : line.substr(open + 1, line.size() - open - 2)) {
    if (!ascii::is_digit(c) || size > max_imap_literal) return std::nullopt;
    size = size * 10 + static_cast<std::size_t>(c - '0');
  }
  return size <= max_imap_literal ? std::optional(size) : std::nullopt;
}

}  // namespace

std::string imap_quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (ascii::is_printable(c) || static_cast<unsigned char>(c) >= 0x80) out += c;
  }
  return out + '"';
}

Expected<ImapSession, std::string> ImapSession::log_in(const ImapLogin& login, Deadline deadline) {
  auto connection = connect_to(login.server, login.port, deadline);
  if (!connection) return Unexpected<std::string>(connection.error());
  const auto greeting = connection->receive_line();
  if (!greeting) return Unexpected<std::string>(greeting.error());
  ImapSession session(std::move(*connection));
  const auto entered =
      session.command("LOGIN " + imap_quoted(login.user) + " " + imap_quoted(login.password));
  if (!entered) return Unexpected<std::string>(entered.error());
  if (!entered->ok) return Unexpected<std::string>("login of " + login.user + " is refused");
  return session;
}

Expected<ImapResponse, std::string> ImapSession::receive() {
  ImapResponse response;
  while (response.lines.size() < max_response_lines) {
    auto received = connection_.receive_line();
    if (!received) return Unexpected<std::string>(received.error());
    if (received->starts_with(tag)) {
      response.end = received->substr(tag.size());
      response.ok = response.end.starts_with("OK");
      return response;
    }
    if (const auto size = literal_size(*received)) {
      auto literal = connection_.receive(*size);
      if (!literal) return Unexpected<std::string>(literal.error());
      response.literal = std::move(*literal);
    }
    response.lines.push_back(std::move(*received));
  }
  return Unexpected<std::string>("it says too much");
}

Expected<ImapResponse, std::string> ImapSession::command(const std::string& line) {
  const auto sent = connection_.send(std::string(tag) + line + "\r\n");
  if (!sent) return Unexpected<std::string>(sent.error());
  return receive();
}

// The server asks for the literal, or refuses the command at once.
Expected<ImapResponse, std::string> ImapSession::append(const std::string& mailbox,
                                                        const std::string& message) {
  const std::string size = std::to_string(message.size());
  auto sent = connection_.send(std::string(tag) + "APPEND " + mailbox + " {" + size + "}\r\n");
  if (!sent) return Unexpected<std::string>(sent.error());
  auto answer = connection_.receive_line();
  for (std::size_t lines = 0; answer && answer->starts_with("* "); ++lines) {
    if (lines > max_response_lines) return Unexpected<std::string>("it says too much");
    answer = connection_.receive_line();  // news of the mailbox
  }
  if (!answer) return Unexpected<std::string>(answer.error());
  if (!answer->starts_with("+")) return ImapResponse{false, *answer, {}, {}};
  sent = connection_.send(message + "\r\n");
  if (!sent) return Unexpected<std::string>(sent.error());
  return receive();
}

}  // namespace postern::io
