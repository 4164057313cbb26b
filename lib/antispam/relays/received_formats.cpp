#include "lib/antispam/relays/received_formats.hpp"

namespace postern::antispam::received {
namespace {

constexpr Kind hop = Kind::hop;
constexpr Kind hop_with_dns = Kind::hop_with_dns;
constexpr Kind skip = Kind::skip;

// ---- Web mail, before anything else.
constexpr Format web_mail[] = {
    {hop, R"({i:\I}\b(?![.-]).{10,80}by {b:\S+} with HTTP)", Fix::none,
     " (SquirrelMail authenticated user "},
    {hop, R"({i:\I}\b(?![.-]).{10,80}by {b:\S+} with HTTP)", Fix::none,
     " (NaSMail authenticated user "},
    {hop, R"({i:\I} by {b:\S+} \(\I\) with HTTP \(WebMailUI\))", Fix::none, "aol.com"},
};

// ---- Programs that name themselves.
constexpr Format smtpsvc[] = {
    {hop, R"(^{h:\S*} \(\[{i:\I}\][^\)]{0,40}\) by {b:\S+} with Microsoft SMTPSVC)"},
    {skip, R"(^mail pickup service by \S+ with Microsoft SMTPSVC$)"},
};
constexpr Format exchange[] = {
    {hop, R"(^{h:\S+} \(\[?{i:\I}(%[A-Z0-9._~-]*)?\]?\) by {b:\S+} )", Fix::no_id},
};
constexpr Format xmail[] = {
    {hop, R"(^{h:\S+} \({i:\[?\I\]?}:\d+\) by {b:\S+}( \(\S+\))? with \[XMail)", Fix::xmail},
};
constexpr Format ecelerity[] = {
    {hop, R"(^\(\[{i:\I}:\d+\] helo={h:\S+}\) by {b:\S+} )"},
    {hop, R"(^\S+ \(\[{i:\I}:\d+\]\) by {b:\S+} )"},
};
constexpr Format exim[] = {
    {skip, R"(\bwith local(-\S+)? )"},
    {hop, R"(^\[{i:\I}\] \({s:.*?}\) by {b:\S+} )", Fix::sub_fields},
    {hop, R"(^{r:\S+} \(\[{i:\I}\]{s:.*?}\) by {b:\S+} )", Fix::sub_fields_of_name},
    {hop, R"(^{w:\S+} \[{i:\I}\](:\d+)? by {b:\S+} )"},
};
constexpr Format postfix[] = {
    {hop_with_dns, R"(^{h:\S+} \({r:\S+} \[{i:\I}\]\) by {b:\S+} )", Fix::no_unknown},
    {hop_with_dns, R"(^{h:\S+} \({r:\S+}\[{i:\I}\]\) by {b:\S+} )", Fix::no_unknown},
};
constexpr Format scalix[] = {
    {hop, R"(^{h:\S+} \( ?{i:\I}\) by {b:\S+})"},
};
constexpr Format domino[] = {
    {hop, R"(^{h:\S+} \(\[{i:\I}\]\) by {b:\S+} \(Lotus)"},
};

constexpr Program all_programs[] = {
    {R"( SMTPSVC)", smtpsvc},
    {R"( with (Microsoft SMTP Server|mapi id) (\([^\)]+\) )?\d+\.\d+\.\d+\.\d+($| ))", exchange},
    {R"(\[XMail )", xmail},
    {R"(\(ecelerity\b)", ecelerity},
    {R"(Exim)", exim, true},
    {R"( \(Postfix\) with)", postfix},
    {R"(\(Scalix SMTP Relay)", scalix},
    {R"( \(Lotus Domino )", domino},
};

// ---- Any program. Rows that an earlier row always covers are not here.
constexpr Format of_all[] = {
    {hop, R"(^{i:\I} \(\[\I\]\) by {b:\S+})", Fix::none, "with HTTP", R"(^(?!.*\bwith HTTP\b))"},
    // sendmail, unless it is qmail-ldap
    {hop_with_dns, R"(^{h:\S+} \({r:\S+} \[{i:\I}\].*\) by {b:\S+} \()", Fix::ident_in_name, "",
     R"( by \S+ \(qmail-\S+\) with )"},
    {hop_with_dns, R"(^{h:\S+} \({r:\S+} \[{i:\I}\]\) by {b:\S+} with \S+ \()"},
    {hop, R"(^{r:\S+} \(\[{i:\I}\] helo={h:\S+}\) by {b:\S+} with )"},
    {hop, R"(^{h:\S+} \(<unknown\S*>\[{i:\I}\]\) by {b:\S+} )"},
    {hop_with_dns, R"(^{h:\S+} \({r:\S+\.\S+}\[{i:\I}\]\) by {b:\S+} )"},
    {hop_with_dns, R"(^{h:\S+} \({n:\S*}@\[{i:\I}\].*\) by {b:\S+} \()"},
    {hop, R"(by {b:\S+\.hotmail\.msn\.com} )", Fix::hotmail},
    {hop,
     R"(^{r:\S+} \((HELO|EHLO) {h:\S*}\) \({i:\I}\) by {b:\S+} \(qpsmtpd/\S+\) with (ESMTP|SMTP))"},
    {hop, R"(^{r:\S+} \(LHLO {h:\S*}\) \({i:\I}\) by {b:\S+} with LMTP)"},
    {hop, R"(^{r:\S+} \((HELO|EHLO) {h:\S*}\) \[{i:\I}\] by {b:\S+} \([^\)]+\) with (ESMTP|SMTP))"},
    {hop, R"(^{h:\S+} \(\[{i:\I}\]\) by {b:\S+} via smtpd \(for \S+\) with SMTP\()"},
    {hop,
     R"(^\S+( \((HELO|EHLO) \S*\))? \((\S+@)?\[?\I\]?\)( \(envelope-sender <\S+>\))? by \S+)"
     R"(( \(.+\))? with (.* )?(SMTP|QMQP)(?! id ))",
     Fix::qmail},
    {hop, R"(^\[{i:\I}\] by {b:\S+} via HTTP$)"},
    {hop, R"(^\S+ \( \[{i:\I}\]\).*? by {b:\S+} )"},
    {hop, R"(^\({h:\S+} \[{i:\I}\]\) by {b:\S+} )"},
    {hop, R"(^\[{i:\I}\] by {b:\S+} )"},
    {hop, R"(^\(\[?{i:\I}\]?\) by {b:\S+} )"},
    {hop_with_dns, R"(^{h:\S+} \[{i:\I}\] by {b:\S+} \[\I\] with )"},
    {hop, R"(^{h:\S+} \[\({i:\I}\)\] by {b:\S+} \(\I\) )"},
    {hop_with_dns, R"(^{h:\S+} \(\[{i:\I}\]\) by {b:\S+} \()"},
    {hop_with_dns, R"(^{h:\S+} \({r:\S+} \[{i:\I}\]\).*? by {b:\S+}\b)", Fix::softdnserr},
    {hop_with_dns, R"(^{h:\S+} \(\[{i:\I}([.:]\d+)?\]\).*? by {b:\S+} )"},
    {hop_with_dns,
     R"(^{h:\S+} \({r:\S+} \[{i:\I}\]\)( \(authenticated bits=\d+\))? by {b:\S+} \()"},
    {Kind::fetched, R"(with (POP3|IMAP))"},
    {hop_with_dns,
     R"(^{r:\S+} \((HELO|EHLO) {h:[^\)]*}\) \(({n:\S*}@)?\[?{i:\I}\]?\).* by {b:\S+} )"},
    {hop_with_dns, R"(^{w:\S+} \(({n:\S*}@)?\[?{i:\I}\]?\).* by {b:\S+} )"},
    {hop_with_dns, R"(^{r:\S+}\({i:\I}\) by {b:\S+} via smap )"},
    {hop_with_dns, R"(^{r:\S+}\({i:\I}, (HELO|EHLO) {h:\S*}\) by {b:\S+} via smap )"},
    {hop, R"(^{i:\I} by {b:\S+} \((SMTPL|InterScan)\b)"},
    {skip, R"(^\S+ by \S+ with BSMTP)"},
    {hop_with_dns, R"(^{h:\S+} \({r:\S+} \[{i:\I}\]\) by {b:\S+} with )"},
    {hop_with_dns, R"(^{r:\S+} \((HELO|EHLO) {h:\S*}\) \(({n:\S+}@)?{i:\I}.*?\) by {b:\S+} with )"},
    {hop, R"(^\[{i:\I}\] \((account \S+ )?(HELO|EHLO) {h:\S*}\) by {b:\S+} \()"},
    {hop_with_dns, R"(^{w:\S+} \(\[{i:\I}\] verified\) by {b:\S+} \()", Fix::none,
     " (CommuniGate Pro"},
    {hop, R"(^{h:[^\d]\S+} \({i:\I}\) by {b:\S+} )"},
    {skip, R"(^\S+ \(\S+\) by \S+ \(Content Technologies )"},
    {hop, R"(^{h:\S+} \(\[{i:\I}\] \[\S+\]\) by {b:\S+} with )"},
    {hop, R"(^{i:\I} by {b:\S+} with )"},
    {hop_with_dns, R"(^{h:\S+} \({r:\S+}\[{i:\I}\]\) by {b:\S+} )"},
    {hop, R"(^\[{i:\I}\]\S+ \((HELO|EHLO) {h:\S*}\) by {b:\S+} )"},
    {hop, R"(^{i:\I} \((HELO|EHLO) {h:\S*}\) by {b:\S+} )"},
    {hop, R"(^{h:\S+} \[{i:\I}\] by {b:\S+} )"},
    {hop, R"(^{r:\S+}\({i:\I}\) by {b:\S+} )"},
    {hop, R"(^{h:\S+} \(unverified \[{i:\I}\]\) by {b:\S+} )"},
    {hop, R"(^{i:\I} \([A-Za-z][^\)]+\) by {b:\S+} with )"},
    {hop, R"(^\[{i:\I}\] \({s:[^\)]+}\) by {b:\S+} )", Fix::sub_fields},
    {hop, R"(^{r:\S+} \((\S+@)?{i:\I}\) by {b:\S+} with )"},
    {hop_with_dns, R"(^{r:\S+}\({i:\I}\)(, claiming to be "{h:\S+}")? via \S+ by {b:\S+},)",
     Fix::obtuse},
    {hop, R"(^{h:\S+} \(\S+@{i:\I} with login\) by {b:\S+\.yahoo\.com} with SMTP)"},
    {hop, R"(^X-Originating-IP: {i:\I}{b:}$)"},  // made by read_relays
    // ---- Not between hosts, or without an address.
    {skip, R"(^\S+ \([^ @]+@\L\) by \S+ \()"},
    {skip, R"(^\S+ \S+ by \S+ with local-e?smtp )"},
    {skip, R"(^127\.0\.0\.1 \(AVG SMTP \S+ \[\S+\]\))"},
    {skip, R"(^\S+@\S+ by \S+ )"},
    {skip, R"(^Unknown/Local \()"},
    {skip, R"(^\L \((\S+@)?\L[\)\[])"},
    {skip, R"(^\S+ \((\S+@)?\L\) )"},
    {skip, R"(^\S+ \(\S+@\S+ \[\L\]\) )"},
    {skip, R"(^\(AUTH: \S+\) by \S+ with )"},
    {skip, R"(^localhost \(localhost \[\[UNIX: localhost\]\]\) by )"},
    {skip, R"(^\S+\.amazon\.com by \S+\.amazon\.com with ESMTP \(peer crosscheck: )"},
    {skip, R"(^[^.]+ by \S+ with Novell_GroupWise)"},
    {Kind::scanned, R"(^\S+ by \S+ \(.{0,100}\) with qmail-scanner)"},
    {skip, R"(^\S+ \(\[unix socket\]\) by \S+ \(Cyrus v\d*?\.\d*?\.\d*?\) with LMTPA)"},
    {skip, R"(^\S+ by \S+ (with|via|for|\())"},
    {skip, R"(^\S+ ((with|via|for) \S+|\(unverified\)) by\b)"},
    {skip, R"(^\S+ \(unknown\) by \S+ \(SG\) with \b)"},
    {skip, R"(^\S+ \(\S+ \[local\]\) by \S+ \(OpenSMTPD\) with \b)"},
    {skip, R"(\(LSMTP for)"},
    {skip, R"(^\(\[\L\]\) with MailEnable )"},
    {skip, R"(^facebook\.com \([^\)]+\) by facebook\.com with Thrift id \S+$)"},
    {skip, R"(^\S+ named \S+ by gmailapi\.google\.com with HTTPREST$)"},
    {skip, R"(^\S+ id \S+$)"},
    {skip, R"(^\[<.*? \(Jetsend)"},
};

constexpr Format qmail[] = {
    {hop, R"(^{r:\S+} \((HELO|EHLO) {h:[^ \(\)]*}\) \({n:\S*}@\[?{i:\I}\]?\))"
          R"(( \(envelope-sender <\S+>\))? by {b:\S+})"},
    {hop, R"(^{r:\S+} \((HELO|EHLO) {h:[^ \(\)]*}\) \(\[?{i:\I}\]?\))"
          R"(( \(envelope-sender <\S+>\))? by {b:\S+})"},
    {hop, R"(^{w:\S+} \({n:\S*}@\[?{i:\I}\]?\)( \(envelope-sender <\S+>\))? by {b:\S+})"},
    {hop, R"(^{w:\S+} \(\[?{i:\I}\]?\)( \(envelope-sender <\S+>\))? by {b:\S+})"},
};

constexpr Format upper_case[] = {
    {hop_with_dns,
     R"(^{h:\S+} \({r:\S+} \[{i:\I}\]\) BY {b:\S+} (\([^\)]+\) WITH SMTP )?)"
     R"(ID <?{d:\S+?}>?( FOR <[^>]+>)?$)",
     Fix::no_unverified},
};

constexpr Format parenthesis[] = {
    {hop, R"(^{h:\S*} \[{i:\I}\]\) by {b:\S+} \(NAVGW .*?\) with )"},
    {skip, R"(^\S+@localhost\) by \S+ )"},
    {skip, R"(^[^ @]+@[^\)]+\) by \S+\(jqueuemail\) id [^ ;]+)"},
};

constexpr AuthFormat authentication[] = {
    {R"( with {a:((ES|L|UTF8S|UTF8L)MTPS?A|ASMTP|HTTP[SU]?)}( |;|$))", " by ", "", "%a", true},
    {R"( by mx\.google\.com with ESMTPS id [a-z0-9]{1,4}sm\d{2,9}[a-z]{3}\.\d{1,3}\.\d{4}\.)"
     R"([0-6]\d\.[0-6]\d\.[0-6]\d\.[0-6]\d\.[0-6]\d)",
     "mx.google.com", R"(\(version={x:[^ ]+} cipher={y:[^\)]+}\))",
     "GMail - transport=%x cipher=%y"},
    {R"(^from .*?(\]\)|\)\]) \(AUTH: {a:(LOGIN|PLAIN|DIGEST-MD5|CRAM-MD5)} \S+(, .*?)?\) by )",
     "(AUTH: ", "", "%a"},
    {R"(^from .*?(\]( \([^\)]*\))?\)|\)\]) .*?\(.*?authenticated.*?\).*? by)", "authenticated", "",
     "Sendmail"},
    {R"(from \S* \((HELO|EHLO) \S*\) \[\I\] by {x:mail\.gmx\.(net|com)} \([^\)]+\) with {y:(ESMTP|SMTP)})",
     " by mail.gmx.", "", "GMX (%y / %x)"},
    {R"(\) by .+ \(\d{1,2}\.\d\.\d{3}(\.\d{1,3})?\) \(authenticated as .+\) id )",
     " (authenticated as ", "", "CriticalPath"},
    {R"(\) \(Authenticated sender: \S+\) by \S+ \({x:[^\)]+}\) with )",
     "(Authenticated sender: ", "", "Postfix (%x)"},
    {R"(CommuniGate Pro (HTTP|SMTP|XIMSS|IMAP))", " (account ", "", "Communigate"},
    {R"( with Microsoft Exchange Server HTTP-DAV\b)", " HTTP-DAV", "", "HTTP-DAV"},
    {R"( \(via {a:HTTP.?}\)( |;|$))", " by ", "", "%a", true},
};

}  // namespace

std::span<const Format> web_mail_formats() {
  return web_mail;
}
std::span<const Program> programs() {
  return all_programs;
}
std::span<const Format> formats_of_all() {
  return of_all;
}
std::span<const Format> qmail_formats() {
  return qmail;
}
std::span<const Format> upper_case_formats() {
  return upper_case;
}
std::span<const Format> parenthesis_formats() {
  return parenthesis;
}
std::span<const AuthFormat> auth_formats() {
  return authentication;
}

}  // namespace postern::antispam::received
