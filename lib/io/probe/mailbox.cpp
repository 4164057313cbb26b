#include "lib/io/probe/mailbox.hpp"

#include <array>
#include <filesystem>
#include <system_error>
#include <thread>
#include <vector>

#include "lib/base/ascii.hpp"
#include "lib/io/files/config_files.hpp"
#include "lib/io/probe/connection.hpp"

namespace postern::io {
namespace {

namespace fs = std::filesystem;
using Text = Expected<std::string, std::string>;

constexpr std::chrono::milliseconds pause(200);
constexpr std::size_t max_response_lines = 10'000;

std::optional<std::string> find_in_folder(const fs::path& folder, const std::string& mark) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (!entry.is_regular_file(error)) continue;
    auto text = read_file(entry.path().string(), max_probe_size);
    if (text && text->find(mark) != text->npos) return std::move(*text);
  }
  return std::nullopt;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (ascii::is_printable(c) || static_cast<unsigned char>(c) >= 0x80) out += c;
  }
  return out + '"';
}

// Bytes announced by "{NUMBER}" at the end of a line (RFC 9051 §4.3).
std::optional<std::size_t> literal_size(const std::string& line) {
  const std::size_t open = line.rfind('{');
  if (!line.ends_with('}') || open == line.npos) return std::nullopt;
  std::size_t size = 0;
  for (const char c : line.substr(open + 1, line.size() - open - 2)) {
    if (!ascii::is_digit(c) || size > max_probe_size) return std::nullopt;
    size = size * 10 + static_cast<std::size_t>(c - '0');
  }
  return size <= max_probe_size ? std::optional(size) : std::nullopt;
}

// What the server says to one command.
struct Response {
  bool ok = false;
  std::vector<std::string> lines;  // untagged
  std::string literal;             // the last one
};

Expected<Response, std::string> command(Connection& connection, const std::string& line) {
  const auto sent = connection.send("p " + line + "\r\n");
  if (!sent) return Unexpected<std::string>(sent.error());
  Response response;
  while (response.lines.size() < max_response_lines) {
    auto received = connection.receive_line();
    if (!received) return Unexpected<std::string>(received.error());
    if (received->starts_with("p ")) {
      response.ok = received->starts_with("p OK");
      return response;
    }
    if (const auto size = literal_size(*received)) {
      auto literal = connection.receive(*size);
      if (!literal) return Unexpected<std::string>(literal.error());
      response.literal = std::move(*literal);
    }
    response.lines.push_back(std::move(*received));
  }
  return Unexpected<std::string>("IMAP: it says too much");
}

// The number of the message in the selected mailbox, from "* SEARCH 3 7".
std::string last_number(const Response& response) {
  for (const std::string& line : response.lines) {
    if (!line.starts_with("* SEARCH ")) continue;
    const std::string_view numbers = ascii::trim(std::string_view(line).substr(9));
    return std::string(numbers.substr(numbers.rfind(' ') + 1));
  }
  return "";
}

// The header, empty when the message is not there.
Text fetch_from(Connection& connection, const char* mailbox, const std::string& message_id) {
  const auto selected = command(connection, std::string("EXAMINE ") + mailbox);
  if (!selected) return Unexpected<std::string>(selected.error());
  if (!selected->ok) return std::string();
  const auto found = command(connection, "SEARCH HEADER Message-ID " + quoted(message_id));
  if (!found) return Unexpected<std::string>(found.error());
  const std::string number = last_number(*found);
  if (number.empty()) return std::string();
  auto fetched = command(connection, "FETCH " + number + " BODY.PEEK[HEADER]");
  if (!fetched) return Unexpected<std::string>(fetched.error());
  return std::move(fetched->literal);
}

}  // namespace

Text wait_in_maildir(const std::string& directory, const std::string& mark,
                     std::chrono::milliseconds timeout) {
  const Deadline deadline(timeout);
  while (true) {
    for (const char* folder : {"new", "cur", ".Junk/new", ".Junk/cur"}) {
      auto found = find_in_folder(fs::path(directory) / folder, mark);
      if (found) return std::move(*found);
    }
    if (deadline.left().count() == 0) {
      return Unexpected<std::string>("it has not arrived in " + directory);
    }
    std::this_thread::sleep_for(pause);
  }
}

Text wait_in_imap(const ImapLogin& login, const std::string& message_id,
                  std::chrono::milliseconds timeout) {
  const auto failure = [](const std::string& why) {
    return Unexpected<std::string>("IMAP: " + why);
  };
  auto connection = connect_to(login.server, login.port, Deadline(timeout));
  if (!connection) return failure(connection.error());
  const auto greeting = connection->receive_line();
  if (!greeting) return failure(greeting.error());
  const auto entered =
      command(*connection, "LOGIN " + quoted(login.user) + " " + quoted(login.password));
  if (!entered) return failure(entered.error());
  if (!entered->ok) return failure("login of " + login.user + " is refused");
  while (true) {
    for (const char* mailbox : {"INBOX", "Junk"}) {
      auto header = fetch_from(*connection, mailbox, message_id);
      if (!header) return failure(header.error());
      if (!header->empty()) return header;
    }
    if (connection->deadline().left() <= pause) return failure("it has not arrived");
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace postern::io
