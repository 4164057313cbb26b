// A rule of the operator: conditions that all must hold, and what is done then.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/authres/result.hpp"
#include "lib/config/setting.hpp"
#include "lib/greylist/client.hpp"
#include "lib/policy/action.hpp"
#include "lib/policy/match_table.hpp"
#include "lib/policy/request.hpp"

namespace postern::policy {

/// A number to compare with, or no condition.
struct Threshold {
  std::optional<double> value;
};
enum class YesNo { any, yes, no };

/// Entries of a rule in the configuration, checked.
struct MatchList {
  MatchTable table;
};

/// The conditions a rule can have; the order is that of the explanation.
enum class Condition {
  state,
  context,
  authenticated,
  login,
  client,
  client_table,
  sender,
  sender_table,
  recipient,
  recipient_table,
  ptr,
  helo,
  country,
  spf,
  spf_helo,
  dnslist_at_least,
  dnslist_at_most,
  reputation_below,
  reputation_above
};
inline constexpr std::size_t condition_count = 19;
[[nodiscard]] std::string_view to_word(Condition condition);
using Conditions = std::bitset<condition_count>;

/// What a rule does besides giving an answer of Postfix.
enum class Step {
  answer,    ///< Rule::answer decides.
  none,      ///< Nothing: the next rule is looked at.
  greylist,  ///< Section [greylist].
  limit,     ///< One limit, Rule::limit.
  limits,    ///< All of them.
  brake,     ///< Section [brake].
  quota      ///< Section [quota].
};

/// [policy.rule."NAME"]. Empty lists and empty texts are no condition.
struct Rule {
  std::string name;
  std::vector<State> states;
  std::vector<std::string> contexts;
  YesNo authenticated = YesNo::any;
  std::vector<std::string> logins;
  MatchList client;
  std::string client_table;
  MatchList sender;
  std::string sender_table;
  MatchList recipient;
  std::string recipient_table;
  std::vector<greylist::ClientName> ptr;
  std::vector<greylist::Helo> helo;
  std::vector<std::string> countries;
  std::vector<authres::Result> spf;
  std::vector<authres::Result> spf_helo;
  Threshold dnslist_at_least;
  Threshold dnslist_at_most;
  Threshold reputation_below;
  Threshold reputation_above;
  Conditions negated;
  std::string action;  ///< As written.

  Step step = Step::none;  ///< What `action` says, as the next two.
  Action answer;
  std::string limit;
  bool is_enforced = false;  ///< By `mode` or `enforce`; else only observed.

  /// Those that have been set.
  [[nodiscard]] Conditions conditions() const;
};

[[nodiscard]] std::span<const config::Setting<Rule>> rule_table();

/// Sets step, answer, and limit from `action`, and checks that the conditions fit together.
/// \return An error that begins with the parameter it is about.
[[nodiscard]] Expected<void, std::string> finish(Rule& rule);

}  // namespace postern::policy

namespace postern::config {

template <>
struct ValueType<policy::Threshold> {
  static constexpr std::string_view name = "number, or text such as \"-0.5\"; \"\": no condition";
  static Expected<policy::Threshold, std::string_view> read(const Value& value);
};
template <>
struct ValueType<policy::YesNo> {
  static constexpr std::string_view name = R"("yes", "no", or "any")";
  static Expected<policy::YesNo, std::string_view> read(const Value& value) {
    using policy::YesNo;
    return read_word<YesNo>(value, {{"any", YesNo::any}, {"yes", YesNo::yes}, {"no", YesNo::no}},
                            R"(is not "yes", "no", or "any")");
  }
};
template <>
struct ValueType<policy::MatchList> {
  static constexpr std::string_view name = "list of addresses, networks, or domains";
  static Expected<policy::MatchList, std::string_view> read(const Value& value);
};
template <>
struct ValueType<std::vector<policy::State>> {
  static constexpr std::string_view name =
      "list of CONNECT, EHLO, HELO, MAIL, RCPT, DATA, END-OF-MESSAGE, VRFY, ETRN";
  static Expected<std::vector<policy::State>, std::string_view> read(const Value& value);
};
template <>
struct ValueType<std::vector<greylist::ClientName>> {
  static constexpr std::string_view name = "list of confirmed, missing, unconfirmed";
  static Expected<std::vector<greylist::ClientName>, std::string_view> read(const Value& value);
};
template <>
struct ValueType<std::vector<greylist::Helo>> {
  static constexpr std::string_view name =
      "list of resolves, missing, literal, own, unqualified, unresolved";
  static Expected<std::vector<greylist::Helo>, std::string_view> read(const Value& value);
};
template <>
struct ValueType<std::vector<authres::Result>> {
  static constexpr std::string_view name = "list of none, neutral, pass, fail, softfail, permerror";
  static Expected<std::vector<authres::Result>, std::string_view> read(const Value& value);
};
template <>
struct ValueType<policy::Conditions> {
  static constexpr std::string_view name = "list of conditions of the rule";
  static Expected<policy::Conditions, std::string_view> read(const Value& value);
};

}  // namespace postern::config
