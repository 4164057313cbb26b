#include "lib/policy/rule.hpp"

#include <algorithm>
#include <array>

namespace postern::policy {
namespace {

using config::row;

constexpr std::array table = {
    row<&Rule::action>(
        R"(policy.rule."NAME".action)", R"("none")",
        "What is done when all conditions hold: an action of access(5) such as \"REJECT 5.7.1 Not "
        "here\", \"450 4.7.1 Later\", HOLD, or DUNNO (no further rule is looked at); or greylist, "
        "limit:NAME, limits (all of them), brake, or quota, after which the next rule is looked at "
        "unless "
        "they have something to say; or none. {client_address}, {client_name}, {helo_name}, "
        "{sender}, {recipient}, {sasl_username}, {rule}, {limit}, {retry_after}, and {why} in a "
        "text are filled in."),
    row<&Rule::states>(R"(policy.rule."NAME".state)", "[]",
                       "Protocol states. A condition about what is not known yet at a state, such "
                       "as the recipient at MAIL, does not hold, negated or not."),
    row<&Rule::contexts>(R"(policy.rule."NAME".context)", "[]",
                         "Values of policy_context in main.cf."),
    row<&Rule::authenticated>(R"(policy.rule."NAME".authenticated)", R"("any")",
                              "Whether the client has logged in."),
    row<&Rule::logins>(R"(policy.rule."NAME".login)", "[]", "Login names, in any case."),
    row<&Rule::client>(R"(policy.rule."NAME".client)", "[]",
                       "Addresses and networks of clients, and their confirmed names: "
                       "\"mx.example.org\", or \".example.org\" for all below. \"!\" before an "
                       "entry excepts it."),
    row<&Rule::client_table>(R"(policy.rule."NAME".client_table)", R"("")",
                             "A file of such entries, one on a line; read at start and reload."),
    row<&Rule::sender>(R"(policy.rule."NAME".sender)", "[]",
                       "Addresses (\"user@example.org\"), local parts (\"user@\"), domains "
                       "(\"example.org\"; \".example.org\" for those below), or \"<>\" of MAIL "
                       "FROM."),
    row<&Rule::sender_table>(R"(policy.rule."NAME".sender_table)", R"("")",
                             "A file of such entries."),
    row<&Rule::recipient>(R"(policy.rule."NAME".recipient)", "[]", "The same of the recipient."),
    row<&Rule::recipient_table>(R"(policy.rule."NAME".recipient_table)", R"("")",
                                "A file of such entries."),
    row<&Rule::ptr>(R"(policy.rule."NAME".ptr)", "[]",
                    "What DNS says of the client's name: confirmed, missing, or unconfirmed."),
    row<&Rule::helo>(R"(policy.rule."NAME".helo)", "[]",
                     "What the client calls itself: resolves (a name with an address), missing, "
                     "literal (an address), own (our name), unqualified (no full name), unresolved "
                     "(a name without address)."),
    row<&Rule::countries>(R"(policy.rule."NAME".country)", "[]",
                          "Countries of the client's address as two letters (ISO 3166); needs "
                          "policy.country_file."),
    row<&Rule::spf>(R"(policy.rule."NAME".spf)", "[]",
                    "Results of SPF for MAIL FROM, or for HELO with the null sender."),
    row<&Rule::spf_helo>(R"(policy.rule."NAME".spf_helo)", "[]", "Results of SPF for HELO."),
    row<&Rule::dnslist_at_least>(
        R"(policy.rule."NAME".dnslist_at_least)", R"("")",
        "The score of DNS lists is this or more. A score that is reached counts "
        "also when another list fails."),
    row<&Rule::dnslist_at_most>(R"(policy.rule."NAME".dnslist_at_most)", R"("")",
                                "It is this or less; allow lists make it negative."),
    row<&Rule::reputation_below>(R"(policy.rule."NAME".reputation_below)", R"("")",
                                 "The reputation, from -1 to 1, is less than this."),
    row<&Rule::reputation_above>(R"(policy.rule."NAME".reputation_above)", R"("")",
                                 "It is more than this."),
    row<&Rule::negated>(R"(policy.rule."NAME".negate)", "[]",
                        "Those of the rule's conditions that must not hold, such as "
                        "[\"recipient\"]. Both ways, what is unknown since DNS or the store fails "
                        "does not match."),
};

constexpr std::string_view limit_word = "limit:";

void set(Conditions& conditions, Condition condition, bool is_set) {
  conditions.set(static_cast<std::size_t>(condition), is_set);
}

}  // namespace

std::string_view to_word(Condition condition) {
  switch (condition) {
    case Condition::state: return "state";
    case Condition::context: return "context";
    case Condition::authenticated: return "authenticated";
    case Condition::login: return "login";
    case Condition::client: return "client";
    case Condition::client_table: return "client_table";
    case Condition::sender: return "sender";
    case Condition::sender_table: return "sender_table";
    case Condition::recipient: return "recipient";
    case Condition::recipient_table: return "recipient_table";
    case Condition::ptr: return "ptr";
    case Condition::helo: return "helo";
    case Condition::country: return "country";
    case Condition::spf: return "spf";
    case Condition::spf_helo: return "spf_helo";
    case Condition::dnslist_at_least: return "dnslist_at_least";
    case Condition::dnslist_at_most: return "dnslist_at_most";
    case Condition::reputation_below: return "reputation_below";
    case Condition::reputation_above: return "reputation_above";
  }
  return "";
}

Conditions Rule::conditions() const {
  Conditions all;
  set(all, Condition::state, !states.empty());
  set(all, Condition::context, !contexts.empty());
  set(all, Condition::authenticated, authenticated != YesNo::any);
  set(all, Condition::login, !logins.empty());
  set(all, Condition::client, client.table.size() > 0);
  set(all, Condition::client_table, !client_table.empty());
  set(all, Condition::sender, sender.table.size() > 0);
  set(all, Condition::sender_table, !sender_table.empty());
  set(all, Condition::recipient, recipient.table.size() > 0);
  set(all, Condition::recipient_table, !recipient_table.empty());
  set(all, Condition::ptr, !ptr.empty());
  set(all, Condition::helo, !helo.empty());
  set(all, Condition::country, !countries.empty());
  set(all, Condition::spf, !spf.empty());
  set(all, Condition::spf_helo, !spf_helo.empty());
  set(all, Condition::dnslist_at_least, dnslist_at_least.value.has_value());
  set(all, Condition::dnslist_at_most, dnslist_at_most.value.has_value());
  set(all, Condition::reputation_below, reputation_below.value.has_value());
  set(all, Condition::reputation_above, reputation_above.value.has_value());
  return all;
}

std::span<const config::Setting<Rule>> rule_table() {
  return table;
}

Expected<void, std::string> finish(Rule& rule) {
  using Problem = Unexpected<std::string>;
  const std::string_view action = rule.action;
  if (action == "none") {
    rule.step = Step::none;
  } else if (action == "greylist") {
    rule.step = Step::greylist;
  } else if (action == "limits") {
    rule.step = Step::limits;
  } else if (action == "quota") {
    rule.step = Step::quota;
  } else if (action == "brake") {
    rule.step = Step::brake;
  } else if (action.starts_with(limit_word)) {
    rule.step = Step::limit;
    rule.limit = action.substr(limit_word.size());
  } else {
    rule.step = Step::answer;
    auto answer = parse_action(action);
    if (!answer) return Problem("action: " + std::string(answer.error().problem));
    rule.answer = std::move(*answer);
  }
  const auto refused = std::find_if(rule.states.begin(), rule.states.end(), [&](State state) {
    return rule.step == Step::answer && !rule.answer.is_allowed_at(state);
  });
  if (refused != rule.states.end()) {
    return Problem("action: Postfix takes no PREPEND at " + std::string(to_word(*refused)));
  }
  const Conditions idle = rule.negated & ~rule.conditions();
  if (idle.any()) {
    std::size_t at = 0;
    while (!idle.test(at)) ++at;
    return Problem("negate: the rule has no condition \"" +
                   std::string(to_word(static_cast<Condition>(at))) + "\"");
  }
  for (const std::string& country : rule.countries) {
    const bool is_code = country.size() == 2 && country[0] >= 'A' && country[0] <= 'Z' &&
                         country[1] >= 'A' && country[1] <= 'Z';
    if (!is_code) return Problem("country: expects codes of two capital letters, such as \"DE\"");
  }
  return {};
}

}  // namespace postern::policy
