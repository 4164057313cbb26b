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

Expected<std::string, std::string> append(ImapSession& session, const std::string& message) {
  const auto appended = session.append("INBOX", message);
  if (!appended) return Unexpected<std::string>(appended.error());
  if (!appended->ok) return refused("APPEND", *appended);
  std::string uid = number_of(appended->end, "[APPENDUID ", 1);
  if (uid.empty()) return Unexpected<std::string>("the server has no UIDPLUS");
  return uid;
}

// \return Its number there.
Expected<std::string, std::string> move(ImapSession& session, const std::string& uid,
                                        const std::string& junk) {
  const auto moved = session.command("UID MOVE " + uid + " " + junk);
  if (!moved) return Unexpected<std::string>(moved.error());
  if (!moved->ok) return refused("UID MOVE", *moved);
  for (const std::string& line : moved->lines) {
    const std::string number = number_of(line, "[COPYUID ", 2);
    if (!number.empty()) return number;
  }
  return Unexpected<std::string>("the server does not say where it has moved the message");
}

// Wherever an error leaves it, the message is removed from the mailbox that it is in.
Done remove(ImapSession& session, const std::string& mailbox, const std::string& uid) {
  for (const std::string& command :
       std::array{"SELECT " + mailbox, "UID STORE " + uid + " +FLAGS.SILENT (\\Deleted)",
                  "UID EXPUNGE " + uid}) {
    Done done = run(session, command);
    if (!done) return done;
  }
  return {};
}

}  // namespace

Done move_into_junk(const ImapLogin& login, const std::string& message,
                    std::chrono::milliseconds timeout,
                    const std::function<void(const std::string& mailbox)>& in_junk) {
  auto session = ImapSession::log_in(login, Deadline(timeout));
  if (!session) return Unexpected<std::string>(session.error());
  const auto junk = find_junk(*session);
  if (!junk) return Unexpected<std::string>(junk.error());
  const auto uid = append(*session, message);
  if (!uid) return Unexpected<std::string>(uid.error());
  Done selected = run(*session, "SELECT INBOX");
  if (!selected) return selected;
  const auto moved = move(*session, *uid, *junk);
  if (!moved) {
    static_cast<void>(remove(*session, "INBOX", *uid));
    return Unexpected<std::string>(moved.error());
  }
  in_junk(*junk);
  // Our own waiting has used up the time of the first session.
  auto second = ImapSession::log_in(login, Deadline(timeout));
  if (!second) return Unexpected<std::string>(second.error());
  return remove(*second, *junk, *moved);
}

}  // namespace postern::io
