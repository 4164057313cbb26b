#include "lib/io/probe/lesson.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "lib/base/ascii.hpp"

namespace postern::io {
namespace {

using Done = Expected<void, std::string>;

Unexpected<std::string> refused(const std::string& command, const ImapResponse& response) {
  return Unexpected<std::string>(command + " is refused: " + response.end);
}

Done run(ImapSession& session, const std::string& command) {
  const auto response = session.command(command);
  if (!response) return Unexpected<std::string>(response.error());
  if (!response->ok) return refused(command, *response);
  return {};
}

// The mailbox of `* LIST (\HasNoChildren \Junk) "/" NAME`, as it stands there.
std::optional<std::string> name_if_junk(std::string_view line) {
  const std::size_t open = line.find('(');
  const std::size_t close = line.find(") ");
  if (!line.starts_with("* LIST ") || open == line.npos || close == line.npos) return std::nullopt;
  std::string_view flags = line.substr(open + 1, close - open - 1);
  bool is_junk = false;
  while (!flags.empty()) {
    const std::size_t end = std::min(flags.find(' '), flags.size());
    is_junk = is_junk || ascii::equals_ignoring_case(flags.substr(0, end), "\\Junk");
    flags.remove_prefix(std::min(end + 1, flags.size()));
  }
  const std::string_view rest = line.substr(close + 2);
  const std::size_t delimiter = rest.find(' ');
  if (!is_junk || delimiter == rest.npos) return std::nullopt;
  return std::string(rest.substr(delimiter + 1));
}

Expected<std::string, std::string> find_junk(ImapSession& session) {
  const auto listed = session.command("LIST (SPECIAL-USE) \"\" \"*\"");
  if (!listed) return Unexpected<std::string>(listed.error());
  for (const std::string& line : listed->lines) {
    if (auto name = name_if_junk(line)) return std::move(*name);
  }
  return Unexpected<std::string>("no mailbox has the role \\Junk (special_use)");
}

// The number at `index` behind a response code (RFC 4315 §3), such as "[APPENDUID 38505 3955]".
std::string number_of(std::string_view text, std::string_view code, std::size_t index) {
  const std::size_t begin = text.find(code);
  if (begin == text.npos) return "";
  std::string_view rest = text.substr(begin + code.size());
  rest = rest.substr(0, rest.find(']'));
  for (; index > 0; --index) rest = rest.substr(std::min(rest.find(' ') + 1, rest.size()));
  const std::string_view number = rest.substr(0, rest.find(' '));
  const bool is_number = std::all_of(number.begin(), number.end(), ascii::is_digit);
  return is_number ? std::string(number) : "";
}

// Removes the messages with this Message-ID from a mailbox.
Done remove_from(ImapSession& session, const std::string& mailbox, const std::string& message_id) {
  Done selected = run(session, "SELECT " + mailbox);
  if (!selected) return selected;
  const auto found = session.command("UID SEARCH HEADER Message-ID " + imap_quoted(message_id));
  if (!found) return Unexpected<std::string>(found.error());
  for (const std::string& line : found->lines) {
    if (!line.starts_with("* SEARCH ")) continue;
    std::string uids(ascii::trim(std::string_view(line).substr(9)));
    std::replace(uids.begin(), uids.end(), ' ', ',');
    if (uids.empty()) continue;
    Done marked = run(session, "UID STORE " + uids + " +FLAGS.SILENT (\\Deleted)");
    if (!marked) return marked;
    Done expunged = run(session, "UID EXPUNGE " + uids);
    if (!expunged) return expunged;
  }
  return {};
}

// Wherever it has got to. The first session may be out of time, or out of step.
Done remove(const ImapLogin& login, std::chrono::milliseconds timeout, const std::string& junk,
            const std::string& message_id) {
  auto session = ImapSession::log_in(login, Deadline(timeout));
  if (!session) return Unexpected<std::string>(session.error());
  Done done = remove_from(*session, "INBOX", message_id);
  return done ? remove_from(*session, junk, message_id) : done;
}

// \return The message's way into the mailbox for junk.
Done move(ImapSession& session, const std::string& junk, const std::string& message) {
  const auto appended = session.append("INBOX", message);
  if (!appended) return Unexpected<std::string>(appended.error());
  if (!appended->ok) return refused("APPEND", *appended);
  const std::string uid = number_of(appended->end, "[APPENDUID ", 1);
  if (uid.empty()) return Unexpected<std::string>("the server has no UIDPLUS");
  Done selected = run(session, "SELECT INBOX");
  return selected ? run(session, "UID MOVE " + uid + " " + junk) : selected;
}

}  // namespace

Done move_into_junk(const ImapLogin& login, const ProbeMessage& message,
                    std::chrono::milliseconds timeout,
                    const std::function<void(const std::string& mailbox)>& in_junk) {
  auto session = ImapSession::log_in(login, Deadline(timeout));
  if (!session) return Unexpected<std::string>(session.error());
  const auto junk = find_junk(*session);
  if (!junk) return Unexpected<std::string>(junk.error());
  const Done moved = move(*session, *junk, message.text);
  if (moved) in_junk(*junk);
  const Done removed = remove(login, timeout, *junk, message.id);
  return moved ? removed : moved;
}

}  // namespace postern::io
