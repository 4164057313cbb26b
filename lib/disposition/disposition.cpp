#include "lib/disposition/disposition.hpp"

#include <algorithm>
#include <utility>

#include "lib/base/ascii.hpp"
#include "lib/disposition/arc_override.hpp"

namespace postern::disposition {
namespace {

using authres::Result;
using verdict::Findings;

constexpr std::size_t max_shown = 320;  // a mailbox of RFC 5321 §4.5.3.1 fits

// Text of a peer, or the name of a file, on its way into a reply and a log.
std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, max_shown)) out += ascii::is_printable(c) ? c : '?';
  return out;
}

struct Proposal {
  Action action = Action::accept;
  SmtpReply reply;
  std::string reason;
  bool blames_sender = true;
};

// Whether a message fails DMARC or, its author being ambiguous, cannot be said to pass it.
bool fails_dmarc(const dmarc::Outcome& outcome) {
  return outcome.result == Result::fail || outcome.result == Result::permerror;
}

// Whether no single domain can be held responsible: From names none, or several that no reader
// tells apart the same way, or more than anyone would ask about. One domain with an odd From is not
// that.
bool lacks_author(const Findings& findings, const dmarc::Outcome& outcome) {
  return outcome.result == Result::permerror &&
         (!findings.authors || findings.authors->domains.size() != 1);
}

Proposal propose_for_limits(const Findings& findings, const Settings& settings) {
  if (findings.unjudged.empty()) return {};
  const std::string reason = "limit exceeded: " + findings.unjudged;
  SmtpReply reply{552, "5.3.4",
                  "Message exceeds a limit of this server (" + findings.unjudged + ")"};
  if (settings.on_limit == Action::defer) {
    reply.code = 452;
    reply.enhanced_code = "4.3.4";
  }
  return {settings.on_limit, reply, reason};
}

Proposal propose_for_spf(const Findings& findings, const Settings& settings) {
  if (!findings.spf) return {};
  const spf::Outcome& outcome = *findings.spf;
  if (outcome.result == Result::fail && settings.reject_spf_fail) {
    return {Action::reject,
            {550, "5.7.23", "SPF validation failed for " + outcome.domain},
            "spf=fail for " + outcome.domain};
  }
  if (outcome.result == Result::temperror && settings.spf_failure == FailMode::tempfail) {
    return {Action::defer,
            {451, "4.7.24", "SPF cannot be checked now, try again later"},
            "spf=temperror"};
  }
  return {};
}

Proposal propose_for_dkim(const Findings& findings, const Settings& settings) {
  if (!findings.dkim || settings.dkim_failure == FailMode::accept) return {};
  const auto any_is = [&](Result result) {
    return std::any_of(findings.dkim->begin(), findings.dkim->end(),
                       [&](const dkim::Outcome& outcome) { return outcome.result == result; });
  };
  if (any_is(Result::pass) || !any_is(Result::temperror)) return {};
  return {Action::defer,
          {451, "4.7.1", "DKIM cannot be checked now, try again later"},
          "dkim=temperror"};
}

Proposal propose_for_dmarc(const Findings& findings, const Settings& settings) {
  if (!findings.dmarc) return {};
  const dmarc::Outcome& outcome = *findings.dmarc;
  if (outcome.result == Result::temperror && settings.dmarc_failure == FailMode::tempfail) {
    return {Action::defer,
            {451, "4.7.1", "DMARC cannot be evaluated now, try again later"},
            "dmarc=temperror"};
  }
  if (!fails_dmarc(outcome)) return {};
  if (lacks_author(findings, outcome)) {
    const std::string problem = outcome.reason.empty() ? "From is not valid" : outcome.reason;
    return {settings.on_bad_author,
            {550, "5.7.1", "Rejected: " + problem + " (RFC 5322 section 3.6.2)"},
            "dmarc=permerror: " + problem};
  }
  const std::string where = outcome.author_domain.empty() ? "this message" : outcome.author_domain;
  const std::string reason = "dmarc=" + std::string(to_token(outcome.result)) + " for " + where;
  switch (outcome.policy) {
    case dmarc::Policy::none: return {};
    case dmarc::Policy::quarantine:
      return {settings.on_dmarc_quarantine,
              {550, "5.7.1", "Rejected by local policy: " + where + " asks for quarantine (DMARC)"},
              reason + ", policy quarantine"};
    case dmarc::Policy::reject:
      return {Action::reject,
              {550, "5.7.1", "Rejected by the DMARC policy of " + where},
              reason + ", policy reject"};
  }
  return {};
}

// The words of a reply, and what is done about a result of the scanner.
struct ContentRule {
  Action action = Action::accept;
  std::string_view problem;
};

ContentRule rule_for(antivirus::Result result, const Settings& settings) {
  using antivirus::Result;
  switch (result) {
    case Result::infected: return {settings.on_infected.action, "it contains a virus"};
    case Result::unscannable:
      return {settings.on_unscannable.action, "it cannot be scanned for viruses"};
    case Result::encrypted:
      return {settings.on_encrypted.action, "a part of it opens only with a password"};
    case Result::macro: return {settings.on_macro.action, "it contains a document with macros"};
    case Result::skipped: return {settings.on_skipped.action, "it was not scanned for viruses"};
    case Result::clean:
    case Result::temperror: break;
  }
  return {};
}

Proposal propose_for_antivirus(const Findings& findings, const Settings& settings) {
  if (!findings.antivirus) return {};
  Proposal strictest;
  // Each object counts: what is done about a macro may be stricter than about what is encrypted.
  for (const antivirus::Outcome& outcome : findings.antivirus->outcomes) {
    const std::string name = printable(outcome.name);
    const std::string reason = "virus=" + std::string(to_word(outcome.result)) +
                               (name.empty() ? std::string() : ": " + name);
    if (outcome.result == antivirus::Result::temperror) {
      if (settings.antivirus_failure == FailMode::tempfail && strictest.action < Action::defer) {
        strictest = {Action::defer,
                     {451, "4.7.1", "Cannot be scanned for viruses now, try again later"},
                     reason};
      }
      continue;
    }
    const ContentRule rule = rule_for(outcome.result, settings);
    if (rule.action <= strictest.action) continue;
    strictest = {rule.action,
                 {550, "5.7.1",
                  "Rejected: " + std::string(rule.problem) +
                      (name.empty() ? std::string() : " (" + name + ")")},
                 reason,
                 outcome.result == antivirus::Result::infected};
  }
  return strictest;
}

ContentRule rule_for(const attachments::Finding& finding, const Settings& settings) {
  using attachments::Kind;
  switch (finding.kind) {
    case Kind::executable: return {settings.on_program, "a program is attached"};
    case Kind::extension:
      return {finding.in_archive ? settings.on_extension_in_archive : settings.on_extension,
              "files of this type are not accepted"};
    case Kind::double_extension:
    case Kind::deceptive_name:
      return {settings.on_deceptive_name, "the name of a file hides what it is"};
    case Kind::type_mismatch:
      return {settings.on_type_mismatch, "a file is not of the type that it is said to be"};
    case Kind::encrypted:
      return {settings.on_encrypted_archive, "an archive opens only with a password"};
    case Kind::damaged: return {settings.on_damaged_archive, "an archive is damaged"};
    case Kind::unread: return {settings.on_unread_archive, "archives of this kind are not opened"};
    case Kind::limit:
      return {settings.on_attachment_limit, "its attachments exceed a limit of this server"};
  }
  return {};
}

Proposal propose_for_attachments(const Findings& findings, const Settings& settings) {
  if (!findings.attachments) return {};
  const auto weight = [&](const attachments::Finding& finding) {
    return std::pair(rule_for(finding, settings).action, finding.kind);
  };
  const auto& list = findings.attachments->findings;
  const auto worst = std::max_element(list.begin(), list.end(), [&](const auto& a, const auto& b) {
    return weight(a) < weight(b);
  });
  if (worst == list.end()) return {};
  const ContentRule rule = rule_for(*worst, settings);
  if (rule.action == Action::accept) return {};
  const std::string what = describe(*worst);
  return {rule.action,
          {550, "5.7.1", "Rejected: " + std::string(rule.problem) + " (" + what + ")"},
          "attachment: " + what,
          false};
}

Proposal propose_for_antispam(const Findings& findings, const Settings& settings) {
  if (!findings.antispam) return {};
  using Spam = antispam::Outcome::Result;
  const antispam::Outcome& outcome = *findings.antispam;
  if (outcome.result == Spam::temperror) {
    if (settings.antispam_failure == FailMode::accept) return {};
    return {Action::defer,
            {451, "4.7.1", "This message cannot be judged now, try again later"},
            "antispam=temperror: " + printable(outcome.problem)};
  }
  if (outcome.result != Spam::spam) return {};
  const auto reaches = [&](double limit) { return limit > 0 && outcome.score >= limit; };
  const Action action = reaches(settings.spam_reject_score) ? Action::reject
                        : reaches(settings.spam_hold_score) ? Action::quarantine
                                                            : Action::tag;
  const std::string score = antispam::score_text(outcome.score);
  // The rules that hit are for the log: a reply that named them would teach how to avoid them.
  return {action,
          {550, "5.7.1", "Rejected: this message looks like spam (score " + score + ")"},
          "spam: score " + score + " of " + antispam::score_text(outcome.required)};
}

// In words for the person who sent it: which address, and where it stands.
std::string describe(const submission::Outcome& outcome) {
  if (outcome.address.empty()) return outcome.problem;
  return outcome.problem + ": " + printable(outcome.address) + " in " + outcome.place;
}

Proposal propose_for_submission(const Findings& findings, const Settings& settings) {
  if (!findings.submission) return {};
  const submission::Outcome& outcome = *findings.submission;
  const std::string what =
      outcome.problem + " (" + outcome.place + ")";  // no address: it is logged
  if (outcome.result == Result::temperror) {
    if (settings.submission_failure == FailMode::accept) return {};
    return {Action::defer,
            {451, "4.7.0", "Your right to this address cannot be checked now, try again later"},
            "submission=temperror: " + what};
  }
  if (settings.check_author != CheckAuthor::reject) return {};
  return {
      Action::reject, {550, "5.7.1", "Rejected: " + describe(outcome)}, "submission=fail: " + what};
}

void take_stricter(Proposal& best, Proposal other) {
  if (other.action > best.action) best = std::move(other);
}

// What the checks propose: the strictest of all, and the strictest of those that are carried out.
class Proposals {
 public:
  explicit Proposals(const Enforcement& enforcement) : enforcement_(enforcement) {}

  void take(std::string_view subject, Proposal proposal) {
    if (enforcement_.covers(subject)) take_stricter(done_, proposal);
    take_stricter(wanted_, std::move(proposal));
  }

  void conclude(Decision& decision) && {
    decision.wanted = wanted_.action;
    decision.action = done_.action;
    decision.blames_sender = wanted_.blames_sender;
    const bool is_other = done_.action != Action::accept && done_.reason != wanted_.reason;
    decision.reason =
        is_other ? wanted_.reason + "; enforced: " + done_.reason : std::move(wanted_.reason);
    Proposal& replied = done_.action == Action::accept ? wanted_ : done_;
    if (replied.action >= Action::defer) decision.reply = temporary_if_deferred(replied);
  }

 private:
  // Postfix gives a reply with a temporary failure on only if it begins with 4.
  static SmtpReply temporary_if_deferred(Proposal& proposal) {
    SmtpReply reply = std::move(proposal.reply);
    if (proposal.action != Action::defer || reply.code < 500) return reply;
    reply.code = 451;
    if (reply.enhanced_code.starts_with('5')) reply.enhanced_code[0] = '4';
    return reply;
  }

  const Enforcement& enforcement_;
  Proposal wanted_;
  Proposal done_;
};

// Mail of our own: there is nothing to judge but whether it may be sent like this.
Decision decide_outbound(const Findings& findings, const Settings& settings) {
  Decision decision;
  Proposals proposals(settings.enforcement);
  bool is_right = !findings.submission || findings.submission->result == Result::pass ||
                  findings.submission->result == Result::none;
  if (settings.check_author != CheckAuthor::off && !findings.unjudged.empty()) {
    is_right = false;  // nobody could look whose addresses these are
    if (settings.check_author == CheckAuthor::reject) {
      Proposal proposal = propose_for_limits(findings, settings);
      // limits.action is about mail that nobody vouches for; here it must not open a way round.
      if (proposal.action < Action::defer) proposal.action = Action::reject;
      proposals.take("submission", std::move(proposal));
    }
  } else if (!is_right) {
    proposals.take("submission", propose_for_submission(findings, settings));
  }
  decision.may_sign = !settings.enforcement.covers("submission") || is_right;
  proposals.take("antivirus", propose_for_antivirus(findings, settings));
  proposals.take("attachments", propose_for_attachments(findings, settings));
  std::move(proposals).conclude(decision);
  return decision;
}

// Why the DMARC policy is not applied to this message, or nothing.
std::string find_override(const Findings& findings, const dmarc::Outcome& outcome,
                          const Facts& facts, const Settings& settings) {
  const auto contains = [&](const IpNetwork& network) { return network.contains(facts.client_ip); };
  if (std::any_of(settings.forwarder_networks.begin(), settings.forwarder_networks.end(),
                  contains)) {
    return "trusted_forwarder: client " + facts.client_ip.text();
  }
  if (findings.spf && findings.spf->result == Result::pass &&
      settings.forwarder_domains.matches(findings.spf->domain)) {
    return "trusted_forwarder: " + findings.spf->domain;
  }
  if (settings.dmarc_exceptions.matches(outcome.author_domain)) {
    return "local_policy: exception for " + outcome.author_domain;
  }
  if (findings.arc) {
    const std::string sealer =
        find_trusted_sealer(*findings.arc, outcome.author_domain, settings.trusted_sealers);
    if (!sealer.empty()) return "local_policy: ARC seal of " + sealer;
  }
  return {};
}

}  // namespace

std::string_view to_word(Action action) {
  switch (action) {
    case Action::accept: return "accept";
    case Action::tag: return "tag";
    case Action::quarantine: return "quarantine";
    case Action::discard: return "discard";
    case Action::defer: return "defer";
    case Action::reject: return "reject";
  }
  return "";
}

std::string_view to_word(Direction direction) {
  switch (direction) {
    case Direction::inbound: return "inbound";
    case Direction::submission: return "submission";
    case Direction::local: return "local";
  }
  return "";
}

std::string SmtpReply::line() const {
  return code == 0 ? std::string() : std::to_string(code) + " " + enhanced_code + " " + text;
}

Decision decide(const Findings& findings, const Facts& facts, const Settings& settings) {
  if (facts.direction != Direction::inbound) return decide_outbound(findings, settings);

  Decision decision;
  Proposals proposals(settings.enforcement);
  proposals.take("unjudged", propose_for_limits(findings, settings));
  proposals.take("antivirus", propose_for_antivirus(findings, settings));
  proposals.take("attachments", propose_for_attachments(findings, settings));
  proposals.take("antispam", propose_for_antispam(findings, settings));
  proposals.take("spf", propose_for_spf(findings, settings));
  proposals.take("dkim", propose_for_dkim(findings, settings));
  Proposal for_dmarc = propose_for_dmarc(findings, settings);
  if (findings.dmarc && for_dmarc.action != Action::accept && fails_dmarc(*findings.dmarc)) {
    decision.override_reason = find_override(findings, *findings.dmarc, facts, settings);
  }
  if (decision.override_reason.empty()) proposals.take("dmarc", std::move(for_dmarc));
  std::move(proposals).conclude(decision);
  return decision;
}

void decide_on_unsigned(const std::string& reason, const Settings& settings, Decision& decision) {
  if (settings.signing_failure == FailMode::accept) return;
  const bool is_enforced =
      settings.enforcement.covers("signing") && decision.action < Action::discard;
  const std::string why = "not signed: " + printable(reason);
  // The reply goes to who sends; what is wrong with our keys is for the log.
  const SmtpReply reply{451, "4.3.5", "This message cannot be signed now, try again later"};
  if (decision.wanted < Action::discard) {
    decision.wanted = Action::defer;
    decision.reply = reply;
    decision.reason = why;
    decision.blames_sender = true;
  } else if (is_enforced) {
    decision.reason += "; enforced: " + why;
  }
  if (!is_enforced) return;
  decision.action = Action::defer;
  decision.reply = reply;
}

}  // namespace postern::disposition
