#include "lib/io/probe/smtp.hpp"

#include <array>

#include "lib/base/ascii.hpp"
#include "lib/io/sockets/connection.hpp"

namespace postern::io {
namespace {

using Answer = Expected<SmtpAnswer, std::string>;

Answer read_answer(Connection& connection, const std::string& stage) {
  constexpr int max_lines = 100;
  constexpr std::size_t code_size = 3;
  for (int number = 0; number < max_lines; ++number) {
    const auto line = connection.receive_line();
    if (!line) return Unexpected<std::string>(stage + ": " + line.error());
    if (line->size() < code_size) break;
    if (line->size() > code_size && (*line)[code_size] == '-') continue;
    SmtpAnswer answer;
    for (const char c : line->substr(0, code_size)) {
      if (!ascii::is_digit(c)) return Unexpected<std::string>(stage + ": it does not speak SMTP");
      answer.code = answer.code * 10 + static_cast<unsigned>(c - '0');
    }
    if (line->size() > code_size) answer.text = line->substr(code_size + 1);
    answer.stage = stage;
    return answer;
  }
  return Unexpected<std::string>(stage + ": it does not speak SMTP");
}

// RFC 5321 §4.5.2.
std::string dot_stuffed(const std::string& message) {
  std::string data;
  bool line_starts = true;
  for (const char c : message) {
    if (line_starts && c == '.') data += '.';
    data += c;
    line_starts = c == '\n';
  }
  return data + ".\r\n";
}

}  // namespace

Expected<SmtpAnswer, std::string> send_mail(const SmtpJob& job, std::chrono::milliseconds timeout) {
  auto connection =
      connect_to(job.server, job.port, Deadline(timeout), job.source ? &*job.source : nullptr);
  if (!connection) return Unexpected<std::string>(connection.error());
  Answer answer = read_answer(*connection, "greeting");
  struct Step {
    const char* stage;
    std::string line;
  };
  const std::array steps = {Step{"EHLO", "EHLO " + job.helo},
                            Step{"MAIL", "MAIL FROM:<" + job.mail_from + ">"},
                            Step{"RCPT", "RCPT TO:<" + job.recipient + ">"}, Step{"DATA", "DATA"}};
  constexpr unsigned first_failure = 400;
  for (const Step& step : steps) {
    if (!answer || answer->code >= first_failure) return answer;
    const auto sent = connection->send(step.line + "\r\n");
    if (!sent) return Unexpected<std::string>(sent.error());
    answer = read_answer(*connection, step.stage);
  }
  if (!answer || answer->code >= first_failure) return answer;
  const auto sent = connection->send(dot_stuffed(job.message));
  if (!sent) return Unexpected<std::string>(sent.error());
  answer = read_answer(*connection, "message");
  (void)connection->send("QUIT\r\n");
  return answer;
}

}  // namespace postern::io
