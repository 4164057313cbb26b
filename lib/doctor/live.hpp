// Live probes: real messages through the real chain, and what became of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/doctor/facts.hpp"
#include "lib/doctor/finding.hpp"

namespace postern::doctor {

enum class Probe {
  signed_mail,  ///< Mail of ours, sent from this host: it is to be signed.
  spoof,        ///< A stranger writes in the name of a domain of ours: DMARC is to see it.
  eicar,        ///< A virus for tests.
  gtube,        ///< Spam for tests.
};

[[nodiscard]] std::string_view to_word(Probe probe);

/// What became of a message that was moved into Junk over IMAP.
struct LessonResult {
  std::string not_tried;  ///< Why; all else is empty then.
  std::string broken;     ///< What IMAP or the store said.
  std::string user;
  std::string mailbox;                                     ///< The one it was moved into.
  std::optional<std::chrono::milliseconds> learned_after;  ///< Nothing: not within the time.
};
[[nodiscard]] Finding judge_lesson(const LessonResult& result);

/// A message to send.
struct ProbeMail {
  std::string message_id;  ///< With angle brackets.
  std::string mail_from;   ///< Empty: the null sender, so that nothing bounces.
  std::string helo;
  std::string text;  ///< Lines ended by CRLF.
};

/// \param domain  Of ours, in whose name it is. \param recipient  A local address.
/// \param mark    Letters and digits that no other message has.
[[nodiscard]] ProbeMail make_probe(Probe probe, const std::string& domain,
                                   const std::string& recipient, const std::string& mark,
                                   std::int64_t now);

/// What became of a probe.
struct ProbeResult {
  Probe probe = Probe::signed_mail;
  std::string domain;
  std::string not_sent;  ///< Why it was not tried; then nothing else is set.
  std::string broken;    ///< Why the conversation broke off; then nothing else is set.
  unsigned code = 0;     ///< The reply that decided.
  std::string reply;     ///< Its text; from the server.
  Observed<std::string> header = not_observed<std::string>("no --maildir or --imap was given");
};

/// Judges one probe; the finding is of check "live".
/// \param authserv_id  Whose Authentication-Results count.
[[nodiscard]] Finding judge_probe(const ProbeResult& result, const std::string& authserv_id);

}  // namespace postern::doctor
