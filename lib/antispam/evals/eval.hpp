// What an eval function is: one row in a table (Mail::SpamAssassin::Plugin::*Eval).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <typeindex>
#include <unordered_map>
#include <vector>

#include "lib/antispam/message/rendered_message.hpp"
#include "lib/antispam/rules/rule_set.hpp"
#include "lib/antispam/text/regex.hpp"

namespace postern::antispam {

/// Patterns of arguments, options, and functions: text of the configuration or of this program,
/// never of a message. Compiled once per configuration, at the latest when first asked for.
class RegexSource {
 public:
  RegexSource() = default;
  RegexSource(const RegexSource&) = delete;
  RegexSource& operator=(const RegexSource&) = delete;
  virtual ~RegexSource() = default;
  /// nullptr if the pattern does not compile. Callable from any thread.
  [[nodiscard]] virtual const Regex* regex(std::string_view pattern) const = 0;
};

/// What functions keep for one message, so that what several ask for is found once. One object per
/// type.
class EvalMemory {
 public:
  template <typename T>
  T& get() {
    std::shared_ptr<void>& place = objects_[std::type_index(typeid(T))];
    if (!place) {
      place = std::make_shared<T>();
    }
    return *static_cast<T*>(place.get());
  }

 private:
  std::unordered_map<std::type_index, std::shared_ptr<void>> objects_;
};

/// What Postern's own checks found, for SPF_*, DKIM_*, DMARC_*, ARC_* rules. Words of RFC 8601;
/// empty: not checked.
struct AuthenticationFacts {
  std::string spf_mfrom, spf_helo;
  bool dkim_signed = false;
  bool dkim_valid = false;  ///< At least one signature verifies.
  /// Domains of signatures that verify: of i=, or else d=; lower case.
  std::vector<std::string> dkim_valid_domains;
  std::vector<std::string> dkim_domains;        ///< Of all signatures.
  std::vector<std::string> dkim_valid_signers;  ///< d= of signatures that verify, each once.
  /// Of signatures whose key was not to be had.
  std::vector<std::string> dkim_temperror_domains;
  bool dkim_testing = false;
  bool author_domain_missing = false;  ///< DNS says that the domain of From does not exist.
  std::string dmarc, dmarc_policy;     ///< "pass", "fail", "none"; "none", "quarantine", "reject".
  std::string arc;                     ///< "none": no seals.
};

/// A secret of this process, by which it takes some of too many: nobody outside can tell which.
using Secret = std::array<std::uint64_t, 2>;

struct EvalContext {
  const RuleSet& rules;
  RenderedMessage& message;
  EvalMemory& memory;
  const RegexSource& regexes;
  const AuthenticationFacts* authentication = nullptr;    ///< nullptr: local tests only.
  std::optional<double> spam_probability = std::nullopt;  ///< Of Bayes; nothing: did not run.
  std::int64_t now = 0;                                   ///< Seconds since the epoch.
  std::string_view rule_name = {};                        ///< That asks.
  /// Of the envelope, in lower case, where they are known: nobody is asked about them.
  std::span<const std::string> recipients = {};
  std::string_view own_host = {};  ///< Our name; likewise.
  Secret secret = {};
};

/// \return What the rule's value becomes: 0 or less is no hit; more than 0 is the value.
using EvalFunction = double (*)(EvalContext& context, std::span<const std::string> arguments);

struct Eval {
  std::string_view name;
  std::string_view plugin;     ///< "HeaderEval"; conditions ask whether it is there.
  EvalFunction run = nullptr;  ///< nullptr: lib/antispam/network decides.
  bool net = false;            ///< Needs what DNS says.
};

/// All functions, ordered by name.
[[nodiscard]] std::span<const Eval> evals();
/// nullptr: there is no such function.
[[nodiscard]] const Eval* find_eval(std::string_view name);

/// A function of SpamAssassin's own rules that we do not run.
struct MissingEval {
  std::string_view name;
  std::string_view plugin;
  std::string_view reason;  ///< One sentence for the operator.
};

/// Ordered by name. A function that neither table has is unknown to SpamAssassin's own rules too.
[[nodiscard]] std::span<const MissingEval> missing_evals();
/// nullptr: it is not in that table.
[[nodiscard]] const MissingEval* find_missing_eval(std::string_view name);

}  // namespace postern::antispam
