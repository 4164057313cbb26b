// What rules ask about a client and a message beyond what Postfix says: each found once, from the
// answers known so far.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "lib/dns/answers.hpp"
#include "lib/dnslist/settings.hpp"
#include "lib/greylist/client.hpp"
#include "lib/policy/match.hpp"
#include "lib/policy/match_table.hpp"
#include "lib/policy/request.hpp"
#include "lib/policy/settings.hpp"
#include "lib/recipients/expand.hpp"
#include "lib/reputation/reputation.hpp"
#include "lib/spf/check_host.hpp"
#include "lib/store/known.hpp"

namespace postern::policy {

/// All that is the same for every request until the next reload. Immutable while it is in use.
struct Policy {
  Settings settings;
  Tables tables;
  dnslist::Settings dnslist;
  std::vector<dnslist::List> active_lists;  ///< Those of `dnslist` that are in health.
  bool reputation_enabled = true;
  reputation::Settings reputation;
  bool quota_is_published = false;  ///< Somebody tells how full mailboxes are.
  /// Two capital letters, or nothing for an address without. Empty function: none is known.
  std::function<std::string(const IpAddress&)> country;
  /// A-labels of a name with U-labels (RFC 8616 §4). nullptr: such names are none.
  std::optional<std::string> (*to_ascii)(std::string_view) = nullptr;
};

/// What Postfix has said so far of where mail for a recipient goes.
struct PostfixTables {
  const recipients::Names* names = nullptr;           ///< nullptr while they are not known.
  const recipients::TableAnswers* answers = nullptr;  ///< nullptr: there are none.
  bool failed = false;                                ///< What has not been answered stays unknown.
  std::string problem = {};                           ///< Why its names are not known; one line.
};

/// What has been found out so far about one request.
struct Evidence {
  const dns::Answers& answers;
  const store::Known& known;
  /// The store has failed: what it has not answered stays unknown.
  bool store_failed = false;
  PostfixTables postfix = {};
};

/// A fact is known, or will be when what is missing has been answered, or nobody knows.
template <typename T>
struct Fact {
  enum class State { pending, unknown, known };
  State state = State::pending;
  T value{};
  std::string problem;  ///< Why it is unknown; one line without peer text.

  [[nodiscard]] bool is_pending() const { return state == State::pending; }
  [[nodiscard]] bool is_known() const { return state == State::known; }
};

/// What the rounds of one request have found out so far. Evidence only grows and no answer is ever
/// replaced, so what one round has found need not be looked for by the next; what is pending is.
class FoundFacts {
 private:
  friend class Facts;

  void forget_pending();

  std::map<const Rule*, Match> matches_;
  std::string confirmed_name_;
  std::map<std::string, std::string, std::less<>> organizations_;  // that were found, by name
  // Set when first asked for.
  std::optional<Fact<spf::Outcome>> mfrom_;
  std::optional<Fact<spf::Outcome>> helo_spf_;
  std::optional<Fact<dnslist::Score>> dnslist_;
  std::optional<Fact<reputation::Standing>> reputation_;
  std::optional<Fact<greylist::ClientName>> client_name_;
  std::optional<Fact<greylist::Helo>> helo_;
  std::optional<Fact<std::string>> country_;
  std::optional<Fact<greylist::Client>> identified_client_;
  std::optional<Fact<greylist::Client>> client_;
  std::optional<Fact<recipients::Expansion>> mailboxes_;
};

/// One value per evaluation; what it cannot find it notes as missing.
class Facts {
 public:
  /// \param found  Of earlier rounds with the same request, policy, and time; outlives this.
  Facts(const Request& request, const Policy& policy, const Evidence& evidence, store::Time now,
        FoundFacts& found)
      : request_(request), policy_(policy), evidence_(evidence), now_(now), found_(found) {
    found_.forget_pending();
  }

  const Fact<spf::Outcome>& spf(spf::Scope scope);
  const Fact<dnslist::Score>& dnslist();
  const Fact<reputation::Standing>& reputation();
  const Fact<greylist::ClientName>& client_name();
  const Fact<greylist::Helo>& helo();
  const Fact<std::string>& country();
  /// A client with its identity and what greylist::identity() takes: address, SPF result, names.
  const Fact<greylist::Client>& identified_client();
  /// What of the above can change the answer of greylisting: HELO, and the reputation of who has no
  /// SPF pass, are only looked for where it wants signs. Unknown only when the store has failed: a
  /// failure of DNS is a value there.
  const Fact<greylist::Client>& client();

  /// Where mail for the recipient ends.
  const Fact<recipients::Expansion>& mailboxes();

  /// How the conditions of a rule of the policy come out: `evaluate()` says, until it is known.
  template <typename Evaluate>
  Match match_of(const Rule& rule, Evaluate evaluate) {
    const auto found = found_.matches_.find(&rule);
    if (found != found_.matches_.end()) return found->second;
    Match match = evaluate();
    if (match.truth != Truth::pending) found_.matches_.emplace(&rule, match);
    return match;
  }

  /// Runs a step that asks the store: `evaluate(wants)` gives an optional. Pending with its
  /// operations noted as missing, or unknown when the store has failed.
  template <typename Evaluate>
  auto ask_store(Evaluate evaluate)
      -> Fact<typename std::invoke_result_t<Evaluate, store::Wants&>::value_type> {
    using T = typename std::invoke_result_t<Evaluate, store::Wants&>::value_type;
    store::Wants wants(evidence_.known);
    auto result = evaluate(wants);
    if (result) return {Fact<T>::State::known, std::move(*result), {}};
    if (evidence_.store_failed) return {Fact<T>::State::unknown, {}, "the store fails"};
    for (store::Operation& operation : std::move(wants).missing()) {
      operations_.push_back(std::move(operation));
    }
    return {};
  }

  /// What is missing, handed out: each question once, ascending.
  [[nodiscard]] dns::Questions take_questions();
  /// In the order of asking, each once.
  [[nodiscard]] std::vector<store::Operation> take_operations();
  /// Whether Postfix's names are missing.
  [[nodiscard]] bool wants_names() const { return wants_names_; }
  /// Those of one table together, each once.
  [[nodiscard]] std::vector<recipients::Lookup> take_lookups() { return std::move(lookups_); }
  /// DNS lists that could not say, as "dnslist: NAME: why".
  [[nodiscard]] std::vector<std::string> list_failures() const;
  /// What has been found, as key and value for a log line; values are printable ASCII.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> summary() const;

 private:
  spf::Request spf_request(spf::Scope scope, const IpAddress& client) const;
  Fact<greylist::ClientName> find_client_name();
  Fact<greylist::Helo> find_helo();
  Fact<reputation::Standing> find_reputation();
  Fact<greylist::Client> identify_client();
  Fact<greylist::Client> find_client();
  Fact<recipients::Expansion> find_mailboxes();
  // The organizational domain; nothing while an answer is missing, the name itself if DNS fails.
  std::optional<std::string> organization_of(const std::string& name);
  void note(const dns::Questions& questions) {
    questions_.insert(questions_.end(), questions.begin(), questions.end());
  }

  const Request& request_;
  const Policy& policy_;
  const Evidence evidence_;
  const store::Time now_;
  dns::Questions questions_;
  std::vector<store::Operation> operations_;
  std::vector<recipients::Lookup> lookups_;
  bool wants_names_ = false;
  FoundFacts& found_;
};

}  // namespace postern::policy
