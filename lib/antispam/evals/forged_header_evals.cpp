// Evals that ask whether mail from a well-known provider came through that provider
// (Mail::SpamAssassin::Plugin::HeaderEval).
#include <algorithm>
#include <array>

#include "lib/antispam/evals/arguments.hpp"
#include "lib/antispam/evals/eval_tables.hpp"
#include "lib/antispam/evals/gated.hpp"
#include "lib/antispam/text/ip_text.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

using Values = std::span<const std::string>;

bool has_ip_address(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (ip_address_at(text, at).count > 0) return true;
  }
  return false;
}

/// An address at `at`, and `tail`, which begins with "^", right behind it.
bool is_address_before(const EvalContext& context, std::string_view text, std::size_t at,
                       std::string_view tail) {
  const TextEnds ends = ip_address_at(text, at);
  return std::any_of(ends.ends.begin(), ends.ends.begin() + static_cast<std::ptrdiff_t>(ends.count),
                     [&](std::size_t end) { return matches(context, tail, text.substr(end)); });
}

/// `head`, an address, and `tail`.
bool has_address_between(const EvalContext& context, std::string_view text, std::string_view head,
                         std::string_view tail) {
  const Regex* regex = context.regexes.regex(head);
  if (regex == nullptr) return false;
  for (RegexMatch match = regex->find(text); match; match = regex->find(text, match.begin + 1)) {
    if (is_address_before(context, text, match.end, tail)) return true;
  }
  return false;
}

/// Octet behind an address in such brackets, from `from` on; npos: none.
std::size_t end_of_bracketed_address(std::string_view line, std::size_t from,
                                     std::string_view opening, std::string_view closing) {
  for (std::size_t at = from; at < line.size(); ++at) {
    if (opening.find(line[at]) == opening.npos) continue;
    const TextEnds ends = ip_address_at(line, at + 1);
    for (std::size_t i = 0; i < ends.count; ++i) {
      const std::size_t end = ends.ends[i];
      if (end < line.size() && closing.find(line[end]) != closing.npos) return end + 1;
    }
  }
  return line.npos;
}

/// "from", `host`, an address in brackets, "by" in this order on one line.
bool is_from_host_with_address(const EvalContext& context, std::string_view line,
                               std::string_view host, std::string_view opening,
                               std::string_view closing) {
  const Regex* regex = context.regexes.regex(host);
  const std::size_t from = line.find("from");
  if (regex == nullptr || from == line.npos) return false;
  const RegexMatch match = regex->find(line, from + 4);
  if (!match) return false;
  const std::size_t end = end_of_bracketed_address(line, match.end, opening, closing);
  return end != line.npos && line.find("by", end) != line.npos;
}

bool is_received_from(const EvalContext& context, std::string_view received, std::string_view host,
                      std::string_view opening, std::string_view closing) {
  const std::vector<std::string_view> lines = lines_of(received);
  return std::any_of(lines.begin(), lines.end(), [&](std::string_view line) {
    return is_from_host_with_address(context, line, host, opening, closing);
  });
}

/// The address ends with the domain, at the start of a label or behind a hyphen or the like.
bool is_of(std::string_view address, std::string_view domain) {
  if (address.size() < domain.size()) return false;
  const std::string_view before = address.substr(0, address.size() - domain.size());
  return ascii::equals_ignoring_case(address.substr(before.size()), domain) &&
         (before.empty() || !is_word_octet(before.back()));
}

// --- groups.msn.com ---

bool is_message_id(EvalContext& context, std::string_view start, std::string_view end) {
  const std::string id = context.message.header_text("Message-Id");
  const std::string_view text = id;
  if (!text.starts_with(start)) return false;
  const std::size_t found = text.find(end, start.size() + 1);
  const auto space = std::find_if(text.begin(), text.end(), is_space_octet);
  return found != text.npos && found < static_cast<std::size_t>(space - text.begin());
}

bool is_of_msn_group(EvalContext& context) {
  const std::string to = context.message.header_text("To");
  const Regex* group = context.regexes.regex(R"((?i)<(\S+)@groups\.msn\.com>)");
  const Regex* pickup =
      context.regexes.regex(R"(from mail pickup service by ((?:p\d\d\.)groups\.msn\.com)\b)");
  if (group == nullptr || pickup == nullptr) return false;
  const RegexMatch list = group->find_groups(to);
  if (!list) return false;
  const std::string name =
      to.substr(list.groups[0].first, list.groups[0].second - list.groups[0].first);
  const std::string received = context.message.header_text("Received");
  const RegexMatch server = pickup->find_groups(received);
  if (!server) return false;
  if (name == "notifications") {
    const auto [begin, end] = server.groups[0];
    return is_message_id(context, "<", "@" + received.substr(begin, end - begin));
  }
  return is_message_id(context, "<" + name + "-", "@groups.msn.com>") &&
         context.message.header_text("EnvelopeFrom:addr").find(name + "-bounce@groups.msn.com") !=
             std::string::npos;
}

double check_for_msn_groups_headers(EvalContext& context, Values) {
  return is_of_msn_group(context);
}

// --- hotmail.com ---

struct HotmailFacts {
  bool is_known = false;
  bool is_forged = false;   ///< A relay calls itself Hotmail's.
  bool is_without = false;  ///< The author is at Hotmail, no relay is.
};

/// What a genuine mail of Hotmail shows, with the field that Microsoft adds.
bool came_from_hotmail(EvalContext& context, const std::string& received) {
  if (has_ip_address(context.message.header_text("X-Originating-Ip"))) {
    if (matches(context, R"(from (?:\S*\.)?hotmail.com \(\S+\.hotmail(?:\.msn)?\.com[ )])",
                received) ||
        has_address_between(context, received, R"(from \S*\.hotmail.com \(\[)", R"(^\][ ):])") ||
        matches(context, R"(from \S+ by \S+\.hotmail(?:\.msn)?\.com with HTTP;)", received) ||
        matches(context, R"(from \[66\.218.\S+\] by \S+\.yahoo\.com)", received)) {
      return true;
    }
  }
  constexpr std::string_view outlook =
      R"(from \S*\.outbound\.protection\.outlook\.com \(\S+\.outbound\.protection\.outlook\.com[ )])";
  return matches(context, R"(hotmail\.com|msonline-outlook)",
                 context.message.header_text("X-OriginatorOrg")) &&
         (matches(context, outlook, received) ||
          has_address_between(context, received,
                              R"(from \S*\.(?:eur|nam)prd\d+\.prod\.outlook\.com \()", R"(^\))"));
}

HotmailFacts find_hotmail_facts(EvalContext& context) {
  constexpr std::string_view pickup =
      "from mail pickup service by hotmail.com with Microsoft SMTPSVC;";
  HotmailFacts facts = {.is_known = true};
  const std::string received = with_single_spaces(context.message.header_text("Received"));
  const bool is_named = matches(context, R"((?:from |HELO |helo=)\S*hotmail\.com\b)", received);
  if (!is_named && !is_of(context.message.header_text("From:addr"), "hotmail.com")) return facts;
  if (received.find(pickup) != received.npos || is_of_msn_group(context) || is_gated(context) ||
      came_from_hotmail(context, received)) {
    return facts;
  }
  facts.is_forged = is_named;
  facts.is_without = !is_named;
  return facts;
}

const HotmailFacts& hotmail_facts(EvalContext& context) {
  auto& facts = context.memory.get<HotmailFacts>();
  if (!facts.is_known) facts = find_hotmail_facts(context);
  return facts;
}

double check_for_forged_hotmail_received_headers(EvalContext& context, Values) {
  return hotmail_facts(context).is_forged;
}

double check_for_no_hotmail_received_headers(EvalContext& context, Values) {
  return hotmail_facts(context).is_without;
}

// --- others ---

double check_for_forged_eudoramail_received_headers(EvalContext& context, Values) {
  if (!is_of(context.message.header_text("From:addr"), "eudoramail.com") || is_gated(context))
    return 0;
  const std::string received = with_single_spaces(context.message.header_text("Received"));
  return !matches(context, R"(by \S*whowhere.com;)", received) ||
         !has_ip_address(context.message.header_text("X-Sender-Ip"));
}

/// Received fields, of a forwarded mail those it had before.
std::string received_of_yahoo(EvalContext& context) {
  std::string received;
  if (has_header(context, "Resent-From") && has_header(context, "Resent-To")) {
    received = context.message.header_text("X-Received");
  }
  if (received.empty()) received = context.message.header_text("Received");
  return with_single_spaces(received);
}

bool came_from_yahoo(EvalContext& context, std::string_view from) {
  constexpr std::array<std::string_view, 4> lines = {
      R"(by web\S+\.mail\S*\.yahoo\.com via HTTP)",
      R"(by sonic\S+\.consmr\.mail\S*\.yahoo\.com with HTTP)",
      R"(by smtp\S+\.yahoo\.com with SMTP)",
      R"(by \w+\.\w+\.yahoo\.com \(\d+\.\d+\.\d+/\d+\.\d+\.\d+\)(?: with ESMTP)? id \w+)",
  };
  const std::string received = received_of_yahoo(context);
  const RelayChain& relays = context.message.relays();
  return matches(context, R"( rdns=\S+\.yahoo\.com )", relays_text(relays.trusted)) ||
         matches(context, R"(^[^\]]+ rdns=\S+\.yahoo\.com )", relays_text(relays.untrusted)) ||
         std::any_of(lines.begin(), lines.end(),
                     [&](std::string_view line) { return matches(context, line, received); }) ||
         has_address_between(context, received, R"(from \[)",
                             R"(^\] by \S+\.(?:groups|scd|dcn)\.yahoo\.com with NNFMP)") ||
         (matches(context, R"(\bmailer\d+\.bulk\.scd\.yahoo\.com\b)", received) &&
          matches(context, R"((?i)@reply\.yahoo\.com$)", from));
}

double check_for_forged_yahoo_received_headers(EvalContext& context, Values) {
  const std::string from = context.message.header_text("From:addr");
  return is_of(from, "yahoo.com") && !is_gated(context) && !came_from_yahoo(context, from);
}

/// Juno's own server, with its client.
bool came_from_juno(EvalContext& context, std::string_view received, std::string_view mailer) {
  return (is_received_from(context, received, R"(\b(?:juno|untd)\.com)", "[(", "])") ||
          matches(context, R"( cookie\.(?:juno|untd)\.com )", received)) &&
         mailer.find("Juno ") != mailer.npos;
}

double check_for_forged_juno_received_headers(EvalContext& context, Values) {
  if (!is_of(context.message.header_text("From:addr"), "juno.com") || is_gated(context)) return 0;
  const std::string received = context.message.header_text("Received");
  const std::string mailer = context.message.header_text("X-Mailer");
  // Without an originating address SpamAssassin takes every such mail for forged.
  return context.message.header_text("X-Originating-IP").empty() ||
         !came_from_juno(context, received, mailer);
}

double check_for_forged_gmail_received_headers(EvalContext& context, Values) {
  constexpr std::size_t min_state_size = 60;
  constexpr std::size_t min_source_size = 60;
  if (!is_of(context.message.header_text("From:addr"), "gmail.com")) return 0;
  const std::string x_received = context.message.header_text("X-Received");
  return !matches(context, R"(by 10\.\S+ with SMTP id \S+)", x_received) &&
         !matches(context, R"(by 2002:a\d\d:\w+:\S+ with SMTP id \S+)", x_received) &&
         !matches(context, R"(by smtp\.googlemail\.com with ESMTPSA id \S+)",
                  context.message.header_text("Received")) &&
         (context.message.header_text("X-Gm-Message-State").size() < min_state_size ||
          context.message.header_text("X-Google-Smtp-Source").size() < min_source_size);
}

double check_for_forged_gw05_received_headers(EvalContext& context, Values) {
  constexpr std::string_view relay =
      R"(\nfrom\s\S+\sby\s(\S+)\swith\sESMTP;\s+\S\S\S,\s+\d+\s+\S\S\S\s+\d{4}\s+)"
      R"(\d\d:\d\d:\d\d\s+[-+]*\d{4}\n$)";
  const std::string received = context.message.header_text("Received");
  const Regex* regex = context.regexes.regex(relay);
  const RegexMatch match = regex == nullptr ? RegexMatch() : regex->find_groups(received);
  if (!match) return 0;
  const auto [begin, end] = match.groups.at(0);
  return std::string_view(received).substr(begin, end - begin).find('.') == std::string_view::npos;
}

constexpr std::array rows = {
    Eval{"check_for_forged_eudoramail_received_headers", "HeaderEval",
         check_for_forged_eudoramail_received_headers},
    Eval{"check_for_forged_gmail_received_headers", "HeaderEval",
         check_for_forged_gmail_received_headers},
    Eval{"check_for_forged_gw05_received_headers", "HeaderEval",
         check_for_forged_gw05_received_headers},
    Eval{"check_for_forged_hotmail_received_headers", "HeaderEval",
         check_for_forged_hotmail_received_headers},
    Eval{"check_for_forged_juno_received_headers", "HeaderEval",
         check_for_forged_juno_received_headers},
    Eval{"check_for_forged_yahoo_received_headers", "HeaderEval",
         check_for_forged_yahoo_received_headers},
    Eval{"check_for_msn_groups_headers", "HeaderEval", check_for_msn_groups_headers},
    Eval{"check_for_no_hotmail_received_headers", "HeaderEval",
         check_for_no_hotmail_received_headers},
};

/// ezmlm hands a mail on without its Received fields.
bool is_of_ezmlm(EvalContext& context) {
  const std::string list = context.message.header_text("Mailing-List");
  return !list.empty() && matches(context, R"((?m)^contact \S+@\S+; run by ezmlm$)", list) &&
         matches(context, R"((?m)^mailing list \S+@\S+)",
                 context.message.header_text("Delivered-To")) &&
         matches(context, R"(qmail \d+ invoked (?:from network|by .{3,20})\); \d+ ... \d+)",
                 context.message.header_text("Received"));
}

}  // namespace

bool is_gated(EvalContext& context) {
  if (!has_header(context, "Received") || is_of_ezmlm(context)) return true;
  return matches(context, R"(from groups\.msn\.com \(\S+\.msn\.com )",
                 context.message.header_text("Received"));
}

std::span<const Eval> forged_header_evals() {
  return rows;
}

}  // namespace postern::antispam
