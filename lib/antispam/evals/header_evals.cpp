// Evals over single header fields (Mail::SpamAssassin::Plugin::HeaderEval). Forged relays, dates,
// and recipients have files of their own.
#include <algorithm>
#include <array>
#include <set>

#include "lib/antispam/evals/arguments.hpp"
#include "lib/antispam/evals/eval_tables.hpp"
#include "lib/antispam/evals/gated.hpp"
#include "lib/antispam/evals/locales.hpp"
#include "lib/antispam/message/environment.hpp"
#include "lib/base/ascii.hpp"
#include "lib/mail/utf8.hpp"

namespace postern::antispam {
namespace {

using Values = std::span<const std::string>;

double check_for_fake_aol_relay_in_rcvd(EvalContext& context, Values) {
  const std::string received = context.message.header_text("Received");
  if (find_ignoring_case(received, "rly-") == received.npos) return 0;
  const std::string text = with_single_spaces(received);
  return matches(context, R"((?i) rly-[a-z][a-z]\d\d\.)", text) &&
         !matches(context, R"(/AOL-\d+\.\d+\.\d+\))", text) &&
         !matches(context, "ESMTP id (?:RELAY|MAILRELAY|MAILIN)", text);
}

/// Charsets of encoded words: "=?CHARSET?Q?…?=".
bool has_faraway_word(const EvalContext& context, std::string_view raw) {
  const std::string& ok_locales = context.message.options().ok_locales;
  const Regex* word = context.regexes.regex(R"(=\?(.+?)\?.\?.*?\?=)");
  if (word == nullptr) return false;
  for (RegexMatch match = word->find_groups(raw); match;
       match = word->find_groups(raw, match.end)) {
    const auto [begin, end] = match.groups.at(0);
    if (!is_charset_ok(raw.substr(begin, end - begin), ok_locales)) return true;
  }
  return false;
}

double check_for_faraway_charset_in_headers(EvalContext& context, Values) {
  if (are_all_locales_ok(context.message.options().ok_locales)) return 0;
  return has_faraway_word(context, context.message.header_text("From:raw")) ||
         has_faraway_word(context, context.message.header_text("Subject:raw"));
}

bool is_control(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return octet < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

/// US-ASCII with no controls but white space.
bool is_legal(char c) {
  return static_cast<unsigned char>(c) < 0x7F && !is_control(c);
}

bool is_clean_utf8(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; }) &&
         std::none_of(text.begin(), text.end(), is_control) && mail::is_utf8(text);
}

/// Cent, pound, and registered sign in Latin-1: one of them in a subject is forgiven.
std::ptrdiff_t forgiven(std::string_view text) {
  const auto is_forgiven = [](char c) { return c == '\xA2' || c == '\xA3' || c == '\xAE'; };
  return std::count_if(text.begin(), text.end(), is_forgiven) == 1 ? 1 : 0;
}

double check_illegal_chars(EvalContext& context, Values values) {
  const Arguments arguments(values);
  std::string key(arguments.text(0));
  if (!key.ends_with(":raw")) key += ":raw";
  const std::string text = context.message.header_text(key);
  if (std::all_of(text.begin(), text.end(), is_space_octet) || is_clean_utf8(text)) return 0;
  auto illegal = std::count_if(text.begin(), text.end(), [](char c) { return !is_legal(c); });
  if (illegal > 0 && ascii::equals_ignoring_case(key, "subject:raw")) illegal -= forgiven(text);
  const auto count = static_cast<double>(illegal);
  return count / static_cast<double>(text.size()) >= arguments.number(1) &&
         count >= arguments.number(2);
}

double gated_through_received_hdr_remover(EvalContext& context, Values) {
  return is_gated(context);
}

double check_for_missing_to_header(EvalContext& context, Values) {
  return context.message.header_text("To").empty() &&
         context.message.header_text("Apparently-To").empty();
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space_octet(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space_octet(text.back())) text.remove_suffix(1);
  return text;
}

/// "Re: Fwd: " and their translations.
std::string_view without_reply_marks(std::string_view subject) {
  constexpr std::array<std::string_view, 10> marks = {
      "Re:", "Fwd:", "Fw:", "Aw:", "Antwort:", "WG:", "SV:", "VB:", "VS:", "VL:"};
  while (true) {
    const auto* mark = std::find_if(marks.begin(), marks.end(), [&](std::string_view m) {
      return ascii::starts_with_ignoring_case(subject, m);
    });
    if (mark == marks.end()) return subject;
    subject.remove_prefix(mark->size());
    while (!subject.empty() && is_space_octet(subject.front())) subject.remove_prefix(1);
  }
}

/// "=?koi8-r?"
bool has_word_of_capitals(std::string_view raw_subject) {
  for (std::size_t at = raw_subject.find("=?"); at != raw_subject.npos;
       at = raw_subject.find("=?", at + 2)) {
    const std::size_t end = raw_subject.find('?', at + 2);
    if (end == raw_subject.npos) return false;
    if (is_likely_to_look_like_capitals(raw_subject.substr(at + 2, end - at - 2))) return true;
  }
  return false;
}

double subject_is_all_caps(EvalContext& context, Values) {
  constexpr std::size_t min_size = 10;
  const std::string value = context.message.header_text("Subject");
  const std::string_view subject = without_reply_marks(trimmed(value));
  const auto is_small = [](char c) { return c >= 'a' && c <= 'z'; };
  return subject.size() >= min_size &&
         std::any_of(subject.begin(), subject.end(), is_space_octet) &&
         std::none_of(subject.begin(), subject.end(), is_small) &&
         std::any_of(subject.begin(), subject.end(), ascii::is_alpha) &&
         !has_word_of_capitals(context.message.header_text("Subject:raw"));
}

bool is_boundary(std::string_view text, std::size_t at) {
  const bool before = at > 0 && is_word_octet(text[at - 1]);
  const bool after = at < text.size() && is_word_octet(text[at]);
  return before != after;
}

bool has_word_ignoring_case(std::string_view text, std::string_view word) {
  for (std::size_t at = find_ignoring_case(text, word); at != text.npos;
       at = find_ignoring_case(text, word, at + 1)) {
    if (is_boundary(text, at) && is_boundary(text, at + word.size())) return true;
  }
  return false;
}

/// Nothing, or only the last newline.
bool is_end(std::string_view rest) {
  return rest.empty() || rest == "\n";
}

bool is_mark(std::string_view rest) {
  return !rest.empty() && std::string_view(",:;!?-").find(rest.front()) != std::string_view::npos;
}

std::string_view skip_spaces(std::string_view text) {
  while (!text.empty() && is_space_octet(text.front())) text.remove_prefix(1);
  return text;
}

bool is_name_at_end(std::string_view text, std::string_view user) {
  return ascii::starts_with_ignoring_case(text, user) && is_end(text.substr(user.size()));
}

/// "Re: USER", "Fw: word USER".
bool is_reply_to_user(std::string_view subject, std::string_view user) {
  if (!ascii::starts_with_ignoring_case(subject, "re:") &&
      !ascii::starts_with_ignoring_case(subject, "fw:")) {
    return false;
  }
  std::string_view rest = skip_spaces(subject.substr(3));
  if (is_name_at_end(rest, user)) return true;
  const auto word_end = std::find_if_not(rest.begin(), rest.end(), is_word_octet);
  const auto word_size = static_cast<std::size_t>(word_end - rest.begin());
  const std::string_view after = skip_spaces(rest.substr(word_size));
  return word_size > 0 && after.size() < rest.size() - word_size && is_name_at_end(after, user);
}

/// "user, …", in the case of the address.
bool is_user_addressed(std::string_view subject, std::string_view user) {
  if (!subject.starts_with(user)) return false;
  const std::string_view rest = skip_spaces(subject.substr(user.size()));
  return is_mark(rest) && (rest.size() == 1 || is_space_octet(rest[1]));
}

/// ", USER!"
bool is_user_between_marks(std::string_view subject, std::string_view user) {
  if (!subject.starts_with(',')) return false;
  const std::string_view rest = skip_spaces(subject.substr(1));
  if (!ascii::starts_with_ignoring_case(rest, user)) return false;
  const std::string_view mark = rest.substr(user.size());
  return is_mark(mark) && is_end(mark.substr(1));
}

double check_for_to_in_subject(EvalContext& context, Values values) {
  const std::string to = context.message.header_text("To:addr");
  if (to.empty()) return 0;
  const std::string subject = context.message.header_text("Subject");
  const std::string_view test = Arguments(values).text(0);
  if (test == "address") return has_word_ignoring_case(subject, to);
  if (test != "user") return 0;
  const std::string_view user = std::string_view(to).substr(0, to.find('@'));
  return is_reply_to_user(subject, user) || is_user_addressed(subject, user) ||
         is_name_at_end(subject, user) || is_user_between_marks(subject, user);
}

double check_messageid_not_usable(EvalContext& context, Values) {
  const std::string unsubscribe = context.message.header_text("List-Unsubscribe");
  if (matches(context, R"((?i)<mailto:(?:leave-\S+|\S+-unsubscribe)@\S+>$)", unsubscribe) ||
      is_gated(context)) {
    return 1;
  }
  const std::string received = context.message.header_text("Received");
  return received.find("/CWT/DCE)") != received.npos ||
         received.find("iPlanet Messaging Server") != received.npos;
}

double check_header_count_range(EvalContext& context, Values values) {
  const Arguments arguments(values);
  std::set<std::string_view> different;
  for (const NodeField& field : context.message.root().fields) {
    if (ascii::equals_ignoring_case(field.name, arguments.text(0))) {
      different.insert(field.value.bytes);
    }
  }
  const auto count = static_cast<double>(different.size());
  return count >= arguments.number(1) && count <= arguments.number(2);
}

/// Fields that may hold what looks like a template.
bool may_hold_template(std::string_view name) {
  constexpr std::array<std::string_view, 12> names = {
      "X-VMS-To", "X-UIDL",     "X-Face",      "To",         "Cc",           "From",
      "Subject",  "References", "In-Reply-To", "Message-Id", "X-Message-Id", "Resent-Message-Id"};
  return ascii::equals_ignoring_case(name, "X-Original-Message-Id") ||
         std::any_of(names.begin(), names.end(), [&](std::string_view known) {
           return ascii::equals_ignoring_case(name, known);
         });
}

/// "%RANDOM_WORD": what a mass mailer did not fill in.
bool has_template(std::string_view line) {
  const auto is_capital = [&](std::size_t at) {
    return at < line.size() && line[at] >= 'A' && line[at] <= 'Z';
  };
  for (std::size_t at = line.find('%'); at != line.npos; at = line.find('%', at + 1)) {
    if (!is_capital(at + 1) || at + 2 >= line.size()) continue;
    if (is_capital(at + 2) || line[at + 2] == '_' || line[at + 2] == '-') return true;
  }
  return false;
}

double check_unresolved_template(EvalContext& context, Values) {
  const std::string all = context.message.header_text("ALL");
  const std::vector<std::string_view> lines = lines_of(all);
  return std::any_of(lines.begin(), lines.end(), [](std::string_view line) {
    return has_template(line) &&
           !(line.find(':') != line.npos && may_hold_template(line.substr(0, line.find(':'))));
  });
}

/// `"name" <id>` stands in the text.
bool has_quoted_name_before(std::string_view text, const std::string& id) {
  const std::string address = "<" + id + ">";
  for (std::size_t at = text.find(address); at != text.npos; at = text.find(address, at + 1)) {
    std::string_view before = text.substr(0, at);
    while (!before.empty() && is_space_octet(before.back())) before.remove_suffix(1);
    if (!before.ends_with('"')) continue;
    before.remove_suffix(1);
    const std::size_t opening = before.rfind('"');
    if (opening != before.npos && opening + 1 < before.size()) return true;
  }
  return false;
}

double check_ratware_name_id(EvalContext& context, Values) {
  const std::string ids = context.message.header_text("MESSAGEID");
  const Regex* pattern = context.regexes.regex("<[A-Z]{28}\\.([^>]+?)>");
  if (pattern == nullptr) return 0;
  const RegexMatch match = pattern->find_groups(ids);
  if (!match) return 0;
  const auto [begin, end] = match.groups.at(0);
  return has_quoted_name_before(context.message.header_text("From"),
                                ids.substr(begin, end - begin));
}

bool is_rewritten_sender(std::string_view address) {  // "SRS0=…"
  return ascii::starts_with_ignoring_case(address, "SRS") && address.size() > 4 &&
         ascii::is_digit(address[3]) &&
         (address[4] == '=' || address[4] == '+' || address[4] == '-');
}

/// "…example.com-user@…" for a mail to user@example.com.
bool holds_recipient(std::string_view sender, std::string_view domain, std::string_view user) {
  const std::string tail = std::string(user) + "@";
  for (std::size_t at = find_ignoring_case(sender, domain); at != sender.npos;
       at = find_ignoring_case(sender, domain, at + 1)) {
    const std::size_t end = at + domain.size();
    if (is_boundary(sender, at) && end < sender.size() &&
        ascii::starts_with_ignoring_case(sender.substr(end + 1), tail)) {
      return true;
    }
  }
  return false;
}

double check_ratware_envelope_from(EvalContext& context, Values) {
  const std::string to = context.message.header_text("To:addr");
  const std::string sender = context.message.header_text("EnvelopeFrom:addr");
  const std::size_t at = to.find('@');
  if (sender.empty() || is_rewritten_sender(sender) || at == 0 || at == to.npos ||
      at + 1 == to.size()) {
    return 0;
  }
  const RegistryBoundaries& boundaries = context.message.environment().boundaries;
  const std::string domain = boundaries.trim_domain(to.substr(at + 1));
  return boundaries.is_domain_valid(domain) &&
         holds_recipient(sender, domain, std::string_view(to).substr(0, at));
}

/// The last two labels, or all of a domain that has no more.
std::string_view second_level(std::string_view domain) {
  const std::size_t last = domain.rfind('.');
  if (last == domain.npos || last + 1 == domain.size() || last == 0) return domain;
  const std::size_t before = domain.rfind('.', last - 1);
  return before == domain.npos || before + 1 == last || before == 0 ? domain
                                                                    : domain.substr(before + 1);
}

double check_equal_from_domains(EvalContext& context, Values) {
  const std::string from = context.message.header_text("From:addr");
  const std::string sender = context.message.header_text("EnvelopeFrom:addr");
  const std::string_view from_domain = second_level(domain_of(from));
  const std::string_view sender_domain = second_level(domain_of(sender));
  return !from_domain.empty() && !sender_domain.empty() &&
         !ascii::equals_ignoring_case(from_domain, sender_domain);
}

double check_for_matching_env_and_hdr_from(EvalContext& context, Values) {
  return ascii::equals_ignoring_case(context.message.header_text("EnvelopeFrom:addr"),
                                     context.message.header_text("From:addr"));
}

double check_for_unique_subject_id(EvalContext&, Values) {  // SpamAssassin gave it up
  return 0;
}

constexpr std::array rows = {
    Eval{"check_equal_from_domains", "HeaderEval", check_equal_from_domains},
    Eval{"check_for_fake_aol_relay_in_rcvd", "HeaderEval", check_for_fake_aol_relay_in_rcvd},
    Eval{"check_for_faraway_charset_in_headers", "HeaderEval",
         check_for_faraway_charset_in_headers},
    Eval{"check_for_matching_env_and_hdr_from", "HeaderEval", check_for_matching_env_and_hdr_from},
    Eval{"check_for_missing_to_header", "HeaderEval", check_for_missing_to_header},
    Eval{"check_for_to_in_subject", "HeaderEval", check_for_to_in_subject},
    Eval{"check_for_unique_subject_id", "HeaderEval", check_for_unique_subject_id},
    Eval{"check_header_count_range", "HeaderEval", check_header_count_range},
    Eval{"check_illegal_chars", "HeaderEval", check_illegal_chars},
    Eval{"check_messageid_not_usable", "HeaderEval", check_messageid_not_usable},
    Eval{"check_ratware_envelope_from", "HeaderEval", check_ratware_envelope_from},
    Eval{"check_ratware_name_id", "HeaderEval", check_ratware_name_id},
    Eval{"check_unresolved_template", "HeaderEval", check_unresolved_template},
    Eval{"gated_through_received_hdr_remover", "HeaderEval", gated_through_received_hdr_remover},
    Eval{"subject_is_all_caps", "HeaderEval", subject_is_all_caps},
};

}  // namespace

std::span<const Eval> header_evals() {
  return rows;
}

}  // namespace postern::antispam
