#include "lib/ratelimit/brake_notice.hpp"

namespace postern::ratelimit {
namespace {

// For a shell, between single quotes.
std::string shell_quoted(std::string_view login) {
  std::string out = "'";
  for (const char c : login) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

Notice make_notice(const BrakeState& state, std::string_view sender) {
  Notice notice;
  notice.login = notice_line(state.login);
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
      "The brake has stopped the login " + notice.login + ": " + notice_line(state.why) +
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
