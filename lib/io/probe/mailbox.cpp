#include "lib/io/probe/mailbox.hpp"

#include <array>
#include <filesystem>
#include <system_error>
#include <thread>
#include <vector>

#include "lib/base/ascii.hpp"
#include "lib/io/files/config_files.hpp"

namespace postern::io {
namespace {

namespace fs = std::filesystem;
using Text = Expected<std::string, std::string>;

constexpr std::chrono::milliseconds pause(200);

std::optional<std::string> find_in_folder(const fs::path& folder, const std::string& mark) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (!entry.is_regular_file(error)) continue;
    auto text = read_file(entry.path().string(), max_probe_size);
    if (text && text->find(mark) != text->npos) return std::move(*text);
  }
  return std::nullopt;
}

// The number of the message in the selected mailbox, from "* SEARCH 3 7".
std::string last_number(const ImapResponse& response) {
  for (const std::string& line : response.lines) {
    if (!line.starts_with("* SEARCH ")) continue;
    const std::string_view numbers = ascii::trim(std::string_view(line).substr(9));
    return std::string(numbers.substr(numbers.rfind(' ') + 1));
  }
  return "";
}

// The header, empty when the message is not there.
Text fetch_from(ImapSession& session, const char* mailbox, const std::string& message_id) {
  const auto selected = session.command(std::string("EXAMINE ") + mailbox);
  if (!selected) return Unexpected<std::string>(selected.error());
  if (!selected->ok) return std::string();
  const auto found = session.command("SEARCH HEADER Message-ID " + imap_quoted(message_id));
  if (!found) return Unexpected<std::string>(found.error());
  const std::string number = last_number(*found);
  if (number.empty()) return std::string();
  auto fetched = session.command("FETCH " + number + " BODY.PEEK[HEADER]");
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
  auto session = ImapSession::log_in(login, Deadline(timeout));
  if (!session) return failure(session.error());
  while (true) {
    for (const char* mailbox : {"INBOX", "Junk"}) {
      auto header = fetch_from(*session, mailbox, message_id);
      if (!header) return failure(header.error());
      if (!header->empty()) return header;
    }
    if (session->deadline().left() <= pause) return failure("it has not arrived");
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace postern::io
