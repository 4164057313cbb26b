#include "lib/ratelimit/brake_notice.hpp"

#include <algorithm>

#include "lib/base/ascii.hpp"

namespace postern::ratelimit {
namespace {

constexpr std::size_t max_address_size = 254;  // RFC 5321 §4.5.3.1.3, without angle brackets

std::string one_line(std::string_view text) {
  std::string out(text.substr(0, max_address_size));
  for (char& c : out) {
    if (!ascii::is_printable(c)) c = '?';
  }
  return out;
}

// The address if it can be written to as it stands, else nothing: no quotes, spaces, or brackets.
std::string plain_address(std::string_view text) {
  constexpr std::string_view marks = "@.-_+=";
  const bool is_plain = std::all_of(text.begin(), text.end(), [&](char c) {
    return ascii::is_alnum(c) || marks.find(c) != marks.npos;
  });
  if (text.empty()) return "";
  const bool has_form = std::count(text.begin(), text.end(), '@') == 1 && text.front() != '@' &&
                        text.front() != '-' && text.back() != '@';
  return is_plain && has_form && text.size() <= max_address_size ? std::string(text)
                                                                 : std::string();
}

// For a shell, between single quotes.
std::string shell_quoted(std::string_view login) {
  std::string out = "'";
  for (const char c : login) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

Notice make_notice(const BrakeState& state, std::string_view sender) {
  Notice notice;
  notice.login = one_line(state.login);
  notice.owner = plain_address(state.login);
  if (notice.owner.empty()) notice.owner = plain_address(sender);
  notice.subject = "Mail of " + notice.login + " is on hold";
  notice.owner_text =
      "Your account " + notice.login +
      " has sent mail to unusually many people it never\n"
      "wrote to before, or much of it came back. Its mail is held on the server since then;\n"
      "nothing is lost. If it was you, tell your postmaster, who can release it. If it was not\n"
      "you, somebody knows your password: change it now, and tell your postmaster.\n";
  const std::string login = shell_quoted(notice.login);
  notice.postmaster_text =
      "The brake has stopped the login " + notice.login + ": " + one_line(state.why) +
      ".\n"
      "Its mail waits in the hold queue (mailq shows it with \"!\"). If the owner sent it:\n"
      "    postern brake release " +
      login +
      "\n"
      "    postsuper -H QUEUE_ID\n"
      "If the account is stolen, change its password, delete the mail (postsuper -d QUEUE_ID),\n"
      "and until then refuse what it sends:\n"
      "    postern brake deny " +
      login + "\n";
  return notice;
}

}  // namespace postern::ratelimit
