// The rules of a configuration with all that is needed to judge messages by them.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/engine/engine.hpp"
#include "lib/antispam/evals/eval.hpp"
#include "lib/antispam/network/digests.hpp"
#include "lib/antispam/network/list_memory.hpp"
#include "lib/antispam/report/tags.hpp"
#include "lib/antispam/settings/outcome.hpp"
#include "lib/antispam/settings/settings.hpp"
#include "lib/antispam/uri/registry_boundaries.hpp"
#include "lib/dns/answers.hpp"

namespace postern::antispam {

/// What the operator says of the sender.
enum class Listing { none, allowed, denied };

/// Where a message comes from and what is known of it before a rule runs.
struct Circumstances {
  AuthenticationFacts authentication;
  bool has_authentication = false;  ///< Whether Postern's own checks ran.
  std::int64_t now = 0;             ///< Seconds since the epoch.
  double required = 0;              ///< Score from which it is spam; 0: that of the rules.
  Listing listing = Listing::none;  ///< Decides, whatever the rules and their scores say.
  /// A rule that hits whatever the message says, since the operator lists the sender; may be empty.
  std::string_view forced_rule = {};
  std::string listed;  ///< Outcome::listed.
  std::vector<std::string>
      recipients;  ///< Of the envelope, in lower case: no list is told of them.
  std::string remote_hostname = "localhost", remote_address = "127.0.0.1";  ///< Of who asks.
};

/// What the process lends to a filter; outlives it.
struct FilterTools {
  const RegexCompiler& regexes;
  const StrictCharsets& charsets;
  SteadyNow now = nullptr;           ///< Clocks::busy; nullptr: no budget.
  std::string subversion;            ///< Who we are, for _SUBVERSION_: "Postern 0.1.0".
  const Digests* digests = nullptr;  ///< For lists of digests; nullptr: these are not asked.
  ListMemory* lists = nullptr;       ///< nullptr: what lists do is forgotten with each message.
  Secret secret = {};                ///< Of this process.
  ToAsciiHost to_ascii = nullptr;    ///< For hosts of links; not used where `eager`.
  SteadyNow wall = nullptr;          ///< Clocks::wall.
};

/// How long answers of lists are waited for (rbl_timeout).
struct ListPatience {
  std::chrono::milliseconds most;   ///< For all of them.
  std::chrono::milliseconds least;  ///< For the last ones, when nearly all have come.
};

class Judging;

/// Immutable once made; any number of threads may use it.
class Filter {
 public:
  /// \param rules     With the scores of the settings not yet in them.
  /// \param hostname  Of this host, for _HOSTNAME_.
  Filter(RuleSet rules, const Settings& settings, const FilterTools& tools, std::string hostname,
         bool eager = false);
  ~Filter();
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;

  [[nodiscard]] const RuleSet& rules() const;
  [[nodiscard]] ListPatience list_patience() const;
  /// Of the files, and rules that never run.
  [[nodiscard]] std::vector<RuleWarning> warnings() const;

 private:
  friend class Judging;
  struct Parts;
  std::unique_ptr<const Parts> parts_;
};

/// One message on its way through the rules. For one thread.
class Judging {
 public:
  /// \param message  LF or CRLF; header section and body.
  Judging(std::shared_ptr<const Filter> filter, std::string message, Circumstances circumstances);
  ~Judging();
  Judging(const Judging&) = delete;
  Judging& operator=(const Judging&) = delete;

  /// Runs what can run. \return Questions for DNS, the most telling ones first; at most as many in
  /// all as antispam.max_questions says. None: the result is complete.
  [[nodiscard]] dns::Questions advance(const dns::Answers& answers);

  /// After advance() had no question, or to do without the answers that are missing.
  [[nodiscard]] const SpamResult& result();
  /// The same for reports and headers.
  [[nodiscard]] const SpamVerdict& verdict();
  /// Whether the rules took too long to say anything: the message is not spam so far, nor on a list
  /// of the operator's.
  [[nodiscard]] bool is_undecided();
  /// For the milter: result, headers, and the rules that hit.
  [[nodiscard]] Outcome outcome(bool with_headers = true);
  /// Rules that a limit of ours kept from asking DNS.
  [[nodiscard]] std::vector<std::string> unasked() const;
  /// For the operator, of each list that is left alone from this message on.
  [[nodiscard]] const std::vector<std::string>& list_news();
  [[nodiscard]] std::string report();
  /// The message with its verdict written into it, as spamc gets it.
  [[nodiscard]] std::string rewritten(std::uint32_t random);
  [[nodiscard]] RenderedMessage& message();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace postern::antispam
