// The only place that decides what happens to a message.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/ip_address.hpp"
#include "lib/config/setting.hpp"
#include "lib/disposition/enforcement.hpp"
#include "lib/verdict/findings.hpp"

namespace postern::disposition {

/// What is done with a message, from mild to strict. Tag means delivered with X-Postern-Verdict
/// saying so, for Sieve to act on; quarantine means held in the queue of the MTA; discard that it
/// is accepted and thrown away, which only a setting about viruses can ask for.
enum class Action { accept, tag, quarantine, discard, defer, reject };

[[nodiscard]] std::string_view to_word(Action action);

/// Where a message comes from: a stranger, one of our users with a login, or this host itself.
enum class Direction { inbound, submission, local };
[[nodiscard]] std::string_view to_word(Direction direction);

/// What is done about content: an Action, discard among them.
struct ContentAction {
  Action action = Action::accept;
};

/// What a check's own failure does to the message: DNS gone, a store that is full.
enum class FailMode { accept, tempfail };

/// What is done with a submitted message whose addresses do not belong to its login.
enum class CheckAuthor { off, no_signature, reject };

/// A reply to the SMTP client (RFC 5321 §4.2, RFC 3463 §2, RFC 7372 §3).
struct SmtpReply {
  unsigned code = 0;  ///< 0 when the MTA's own reply is right.
  std::string enhanced_code;
  std::string text;  ///< Printable ASCII, one line.

  [[nodiscard]] std::string line() const;
};

struct Settings {
  Enforcement enforcement;
  bool reject_spf_fail = false;
  FailMode spf_failure = FailMode::accept;
  FailMode dkim_failure = FailMode::accept;
  FailMode dmarc_failure = FailMode::accept;
  Action on_dmarc_quarantine = Action::tag;
  Action on_bad_author = Action::reject;
  Action on_limit = Action::reject;
  ContentAction on_infected{Action::reject};
  ContentAction on_unscannable{Action::quarantine};
  ContentAction on_encrypted{Action::tag};
  ContentAction on_macro{Action::tag};
  ContentAction on_skipped{Action::accept};
  FailMode antivirus_failure = FailMode::tempfail;
  double spam_hold_score = 0;    ///< 0: never.
  double spam_reject_score = 0;  ///< 0: never.
  FailMode antispam_failure = FailMode::accept;
  Action on_program = Action::reject;
  Action on_extension = Action::reject;
  Action on_extension_in_archive = Action::reject;
  Action on_deceptive_name = Action::reject;
  Action on_type_mismatch = Action::tag;
  Action on_encrypted_archive = Action::accept;
  Action on_damaged_archive = Action::tag;
  Action on_unread_archive = Action::accept;
  Action on_attachment_limit = Action::tag;
  CheckAuthor check_author = CheckAuthor::off;
  FailMode submission_failure = FailMode::tempfail;
  FailMode signing_failure = FailMode::tempfail;
  config::DomainList dmarc_exceptions;
  std::vector<IpNetwork> forwarder_networks;
  config::DomainList forwarder_domains;
  config::DomainList trusted_sealers;
};

/// The rows of these parameters, by section.
[[nodiscard]] std::span<const config::Setting<Settings>> settings_table();

/// What decide() needs to know besides the findings.
struct Facts {
  Direction direction = Direction::inbound;
  IpAddress client_ip;
};

struct Decision {
  Action action = Action::accept;  ///< What is done now, by the checks that are carried out.
  Action wanted = Action::accept;  ///< What enforce mode would do, by all checks.
  SmtpReply reply;                 ///< Of `action`, when that is defer or reject; else of `wanted`.
  /// Why `wanted` is not accept, and why `action` is not where that is another reason; printable
  /// ASCII.
  std::string reason;
  bool may_sign = true;         ///< Of mail of our own: whether it may be signed.
  bool blames_sender = true;    ///< Whether `wanted` speaks against who sent the message.
  std::string override_reason;  ///< Why a DMARC policy was not applied; printable ASCII.
};

[[nodiscard]] Decision decide(const verdict::Findings& findings, const Facts& facts,
                              const Settings& settings);

/// What becomes of mail of our own that should have a signature and cannot get one.
/// \param reason    Why, for the log; printable ASCII.
/// \param decision  What was decided before; one that is stricter stays.
void decide_on_unsigned(const std::string& reason, const Settings& settings, Decision& decision);

}  // namespace postern::disposition
