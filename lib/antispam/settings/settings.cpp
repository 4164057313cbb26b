#include "lib/antispam/settings/settings.hpp"

#include <array>
#include <charconv>

#include "lib/base/ascii.hpp"

namespace postern::config {

using antispam::ScoreList;

// "NAME=SCORE" for each; the last one of a name holds.
template <>
struct ValueType<ScoreList> {
  static constexpr std::string_view name = R"(list of "NAME=SCORE")";
  static Expected<ScoreList, std::string_view> read(const Value& value) {
    constexpr double limit = 10'000;
    const auto wrong = [] {
      return Unexpected<std::string_view>(
          R"(has an entry that is no "NAME=SCORE", as "A_RULE=1.5")");
    };
    const auto texts = ValueType<std::vector<std::string>>::read(value);
    if (!texts) return Unexpected<std::string_view>(texts.error());
    ScoreList list;
    for (const std::string& text : *texts) {
      const std::size_t equals = text.rfind('=');
      if (equals == text.npos || equals == 0) return wrong();
      double score = 0;
      const char* const end = text.data() + text.size();
      const auto [stop, error] =
          std::from_chars(text.data() + equals + 1, end, score, std::chars_format::fixed);
      if (error != std::errc{} || stop != end || !(score >= -limit && score <= limit))
        return wrong();
      list.scores[text.substr(0, equals)] = score;
    }
    return list;
  }
};

}  // namespace postern::config

namespace postern::antispam {
namespace {

using config::row;

constexpr std::array table = {
    row<&Settings::enabled>(
        "antispam.enabled", "false",
        "Whether messages are judged by the rules of SpamAssassin. The rules come from the package "
        "spamassassin, from sa-update, or from postern rules update; SpamAssassin itself does not "
        "run."),
    row<&Settings::rules_directory>(
        "antispam.rules", R"("")",
        "Directory of rule files (*.cf). Empty: the first of /var/lib/postern/rules/current, "
        "/var/lib/spamassassin/4.000001, and /usr/share/spamassassin that is there."),
    row<&Settings::site_directory>("antispam.site", R"("/etc/spamassassin")",
                                   "Directory of the site's own files: *.pre are read before the "
                                   "rules, *.cf after them. It may "
                                   "be absent."),
    row<&Settings::required_score>(
        "antispam.required_score", "0.0",
        "Score from which a message is spam: it is tagged. 0: what the rules say (5)."),
    row<&Settings::recipient_scores>(
        "antispam.recipient_scores", "[]",
        R"(The same for messages to one recipient: "anna@example.org=7" or "@example.net=4.5". An )"
        "address goes before its domain. A message with several recipients has one verdict, by "
        "antispam.required_score."),
    row<&Settings::scores>(
        "antispam.scores", "[]",
        R"(Scores of rules in place of theirs: "A_RULE=1.5". 0 switches a rule off.)"),
    row<&Settings::network>(
        "antispam.network", "true",
        "Whether rules may ask DNS lists about addresses and names in a message. Those who run the "
        "lists learn them; docs/antispam.md says what and how to switch off single lists."),
    row<&Settings::max_questions>(
        "antispam.max_questions", "400",
        "Questions that rules ask DNS for one message, apart from dns.max_questions: about the "
        "client first, then senders, links, the rest, and name servers last. The log names the "
        "rules that are beyond it."),
    row<&Settings::allow_domains>(
        "antispam.allow_domains", "[]",
        "Domains whose mail is never spam, if DKIM or SPF vouches for it."),
    row<&Settings::deny_domains>("antispam.deny_domains", "[]",
                                 "Domains whose mail is always spam, vouched for or not: those of "
                                 "From, of the envelope sender, and of valid signatures."),
    row<&Settings::add_headers>("antispam.headers", "true",
                                "Whether the header fields X-Spam-* are added as add_header of the "
                                "rules says. Those that a "
                                "message brings are removed where the check is enforced."),
    row<&Settings::max_size>("antispam.max_size", R"("2MiB")",
                             "Messages with more octets are not judged; the log says so."),
    row<&Settings::budget>(
        "antispam.budget", R"("2s")",
        "Processor time for one message: to read it and to run the rules. What is left then does "
        "not run, and the rule TIME_LIMIT_EXCEEDED hits; a message that is no spam yet is not "
        "judged (antispam.fail). One rule gives up after a quarter of it; the log names it."),
};

Unexpected<config::ConfigError> wrong(const config::Document& document, std::string_view name,
                                      std::string_view problem) {
  return config::wrong_parameter(document, name, problem);
}

}  // namespace

double Settings::required_for(std::string_view recipient) const {
  const std::string address = ascii::to_lower(recipient);
  const std::size_t at = address.rfind('@');
  auto found = recipient_scores.scores.find(address);
  if (found == recipient_scores.scores.end() && at != std::string::npos) {
    found = recipient_scores.scores.find(std::string_view(address).substr(at));
  }
  return found == recipient_scores.scores.end() ? 0 : found->second;
}

Expected<Settings, config::ConfigError> load_settings(const config::Document& document) {
  auto settings = config::load(std::span<const config::Setting<Settings>>(table), document);
  if (!settings) return settings;
  if (settings->required_score < 0) {
    return wrong(document, "antispam.required_score", "is below 0");
  }
  ScoreList lower;
  for (const auto& [name, score] : settings->recipient_scores.scores) {
    if (name.find('@') == std::string::npos || score <= 0) {
      return wrong(document, "antispam.recipient_scores",
                   R"(wants "ADDRESS=SCORE" or "@DOMAIN=SCORE" with a score above 0)");
    }
    lower.scores[ascii::to_lower(name)] = score;
  }
  settings->recipient_scores = std::move(lower);
  return settings;
}

std::vector<config::Row> setting_rows() {
  return {table.begin(), table.end()};
}

}  // namespace postern::antispam
