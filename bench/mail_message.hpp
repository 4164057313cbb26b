// A message and its envelope in the form in which Postfix hands them to a milter.
#pragma once

#include <string>
#include <vector>

namespace postern::bench {

struct HeaderField {
  std::string name;
  std::string value;  ///< All after the colon: the leading blank is kept, folds are LF.
};

struct MailMessage {
  std::string mail_from;  ///< Without angle brackets.
  std::vector<std::string> rcpt;
  std::string helo;
  std::string client_ip;
  std::string client_name;  ///< What Postfix found by PTR, or "unknown".
  std::vector<HeaderField> header;
  std::string body;  ///< Lines end in CRLF.
};

/// Splits RFC 5322 text, with LF or CRLF line ends, into its header fields and a CRLF body.
void split_message(const std::string& text, MailMessage* message);

/// Reads every *.eml of a directory in the order of their names, each with the envelope from the
/// file of the same name in .json: {"mail_from", "rcpt": [...], "helo", "client_ip",
/// "client_name"}; absent keys and files mean a plain default envelope.
/// Throws std::runtime_error if the directory holds no message or a file cannot be understood.
std::vector<MailMessage> load_messages(const std::string& directory);

}  // namespace postern::bench
