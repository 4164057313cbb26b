#include "lib/doctor/live.hpp"

#include <array>

#include "lib/authres/parse.hpp"
#include "lib/base/ascii.hpp"
#include "lib/dkim/tag_list.hpp"
#include "lib/doctor/support.hpp"
#include "lib/mail/message.hpp"

namespace postern::doctor {
namespace {

// The date of a message (RFC 5322 §3.3), in UTC.
std::string format_mail_date(std::int64_t now) {
  constexpr std::array<std::string_view, 7> days = {"Thu", "Fri", "Sat", "Sun",
                                                    "Mon", "Tue", "Wed"};  // 1970 began on Thursday
  constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr std::int64_t seconds_per_day = 86400;
  const std::int64_t day = now / seconds_per_day;
  const std::int64_t second = now % seconds_per_day;
  const std::string date = keyring::format_date(now);  // YYYY-MM-DD
  const auto month = static_cast<std::size_t>((date[5] - '0') * 10 + (date[6] - '0') - 1);
  const auto two = [](std::int64_t number) {
    return std::string(number < 10 ? "0" : "") + std::to_string(number);
  };
  return std::string(days[static_cast<std::size_t>(day) % days.size()]) + ", " + date.substr(8) +
         " " + std::string(months[month % months.size()]) + " " + date.substr(0, 4) + " " +
         two(second / 3600) + ":" + two(second / 60 % 60) + ":" + two(second % 60) + " +0000";
}

// What our Authentication-Results field says of a method; empty when it says nothing.
std::string result_of(const mail::Message& message, const std::string& authserv_id,
                      std::string_view method) {
  for (const std::uint32_t at : message.header.named("Authentication-Results")) {
    const auto parsed = authres::parse(message.header.fields()[at].body);
    if (!parsed || parsed->authserv_id != authserv_id) continue;
    for (const authres::ReportedResult& result : parsed->results) {
      if (result.method == method) return result.result;
    }
  }
  return "";
}

bool is_signed_for(const mail::Message& message, const std::string& domain) {
  for (const std::uint32_t at : message.header.named("DKIM-Signature")) {
    const auto tags = dkim::parse_tag_list(message.header.fields()[at].body);
    const dkim::Tag* d = tags ? tags->find("d") : nullptr;
    if (d != nullptr && ascii::equals_ignoring_case(ascii::trim(d->value), domain)) return true;
  }
  return false;
}

Finding finding(Severity severity, const ProbeResult& result, std::string text,
                std::string remedy = "") {
  Finding made;
  made.check = "live";
  made.subject = std::string(to_word(result.probe));
  made.severity = severity;
  made.text = std::move(text);
  made.remedy = std::move(remedy);
  return made;
}

std::string answered(const ProbeResult& result) {
  return "answered " + std::to_string(result.code) + " " + printable(result.reply);
}

Finding judge_signed(const ProbeResult& result) {
  constexpr unsigned first_failure = 400;
  if (result.code >= first_failure) {
    return finding(Severity::error, result, "mail of our own is refused: " + answered(result),
                   "journalctl -u postfix -u postern-milter --since -5min");
  }
  if (!result.header) {
    return finding(
        Severity::skipped, result,
        answered(result) + "; whether it is signed is not known: " + result.header.error());
  }
  if (!is_signed_for(mail::parse_message(*result.header), result.domain)) {
    return finding(Severity::warning, result,
                   "mail of our own arrived without a signature of " + result.domain,
                   "postern dkim list " + result.domain);
  }
  return finding(Severity::ok, result, "mail of our own is signed for " + result.domain);
}

Finding judge_delivered_spoof(const ProbeResult& result, const std::string& authserv_id) {
  const std::string dmarc = result_of(mail::parse_message(*result.header), authserv_id, "dmarc");
  const std::string mend = "postern config show | grep -e mode -e dmarc";
  if (dmarc.empty()) {
    return finding(Severity::error, result,
                   "a forged message arrived, and nothing says that DMARC was checked", mend);
  }
  if (dmarc == "pass") {
    return finding(Severity::error, result, "a forged message arrived with dmarc=pass", mend);
  }
  return finding(Severity::info, result,
                 "a forged message arrived, marked dmarc=" + printable(dmarc) +
                     "; it is refused once the policy and the mode say so",
                 mend);
}

Finding judge_spoof(const ProbeResult& result, const std::string& authserv_id) {
  constexpr unsigned first_permanent = 500;
  constexpr unsigned first_failure = 400;
  if (result.code >= first_permanent) {
    return finding(Severity::ok, result, "a forged message is refused: " + answered(result));
  }
  if (result.code >= first_failure) {
    return finding(Severity::info, result, "a forged message is put off: " + answered(result),
                   "journalctl -u postfix -u postern-milter --since -5min");
  }
  if (!result.header) {
    return finding(Severity::info, result,
                   "a forged message is taken: " + answered(result) + "; " + result.header.error(),
                   "postern config show | grep -e mode -e dmarc");
  }
  return judge_delivered_spoof(result, authserv_id);
}

}  // namespace

std::string_view to_word(Probe probe) {
  switch (probe) {
    case Probe::signed_mail: return "signed mail";
    case Probe::spoof: return "spoof";
    case Probe::eicar: return "eicar";
    case Probe::gtube: return "gtube";
  }
  return "";
}

ProbeMail make_probe(Probe probe, const std::string& domain, const std::string& recipient,
                     const std::string& mark, std::int64_t now) {
  ProbeMail mail;
  const bool is_ours = probe == Probe::signed_mail;
  mail.message_id = "<" + mark + "@" + domain + ">";
  mail.mail_from = is_ours ? "postmaster@" + domain : "";
  mail.helo = is_ours ? domain : "stranger.invalid";
  mail.text = "From: postmaster@" + domain + "\r\nTo: " + recipient +
              "\r\nSubject: Postern live probe: " + std::string(to_word(probe)) +
              "\r\nDate: " + format_mail_date(now) + "\r\nMessage-ID: " + mail.message_id +
              "\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0"
              "\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n"
              "\"postern doctor --live\" sent this message to see what becomes of it. You can "
              "delete it.\r\n";
  return mail;
}

Finding judge_lesson(const LessonResult& result) {
  const auto made = [](Severity severity, std::string text, std::string remedy = "") {
    Finding finding;
    finding.check = "live";
    finding.subject = "training";
    finding.severity = severity;
    finding.text = std::move(text);
    finding.remedy = std::move(remedy);
    return finding;
  };
  if (!result.not_tried.empty()) return made(Severity::skipped, result.not_tried);
  if (!result.broken.empty()) {
    return made(Severity::error,
                "a message could not be moved into Junk: " + printable(result.broken),
                "doveconf -n namespace/inbox");
  }
  const std::string moved = "a message that was moved into " + printable(result.mailbox);
  if (!result.learned_after) {
    return made(Severity::error,
                moved + " was not learned for " + printable(result.user) +
                    "; if it is later, it counts as spam until postern learn forget",
                "postern_train in mail_plugins of protocol imap? learner.senders? journalctl -u "
                "postern-learner -u dovecot --since -5min");
  }
  return made(Severity::ok, moved + " was learned within " +
                                std::to_string(result.learned_after->count()) +
                                " ms, and has been forgotten again");
}

Finding judge_probe(const ProbeResult& result, const std::string& authserv_id) {
  if (!result.not_sent.empty()) return finding(Severity::skipped, result, result.not_sent);
  if (!result.broken.empty()) {
    return finding(Severity::error, result,
                   "the SMTP server did not take the probe: " + result.broken,
                   "systemctl status postfix");
  }
  return result.probe == Probe::signed_mail ? judge_signed(result)
                                            : judge_spoof(result, authserv_id);
}

}  // namespace postern::doctor
