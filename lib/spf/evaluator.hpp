// check_host() over the answers known so far: records, directives, and redirects in their order
// (RFC 7208 §4.6, §5, §6).
#pragma once

#include <optional>
#include <string>

#include "lib/authres/result.hpp"
#include "lib/dns/answers.hpp"
#include "lib/spf/check_host.hpp"
#include "lib/spf/macro.hpp"
#include "lib/spf/policies.hpp"

namespace postern::spf {

/// How an evaluation ended. Borrows from the Evaluator that gave it.
struct Verdict {
  authres::Result result = authres::Result::neutral;
  const Directive* matched = nullptr;  ///< Null if none did.
  const Record* record = nullptr;      ///< Whose end it was; null for errors and none.
  std::string domain;                  ///< Of that record.
  std::string problem;                 ///< Of temperror and permerror; ours, no peer text.
};

/// One evaluation; it reads answers and changes nothing outside.
class Evaluator {
 public:
  /// \param values  All but `domain` and `client_name` set.
  Evaluator(MacroValues values, const dns::Answers& answers, const Limits& limits)
      : values_(std::move(values)),
        limits_(limits),
        policies_(limits.record_size),
        lookups_(answers) {}

  /// check_host() for `domain`; nothing while an answer is missing. To be called once.
  [[nodiscard]] std::optional<Verdict> check(const std::string& domain);

  /// The text of the exp= that goes with the verdict, empty if there is none that may be used
  /// (RFC 7208 §6.2); nothing while an answer is missing.
  [[nodiscard]] std::optional<std::string> explain(const Verdict& verdict);

  /// As the last term left them.
  [[nodiscard]] MacroValues& values() { return values_; }
  [[nodiscard]] Policies& policies() { return policies_; }
  [[nodiscard]] const dns::Lookups& lookups() const { return lookups_; }

 private:
  enum class Match { no, yes, temperror, permerror, pending };

  // Whether the end of check_host() is a redirect's or an include's matters for "none".
  std::optional<Verdict> check_domain(std::string domain);
  Match match_record(const Record& record, const std::string& domain, const Directive*& matched);
  Match match_directive(const Directive& directive, const std::string& domain);
  Match match_target(const Directive& directive, const std::string& name);
  Match match_include(const std::string& name);
  Match match_addresses(const Directive& directive, const std::string& name);
  Match match_mx(const Directive& directive, const std::string& name);
  Match match_mx_hosts(const Directive& directive, const dns::Answer& answer);
  Match match_ptr(const std::string& name);
  Match match_exists(const std::string& name);

  // Sets `name` to the target, or to nothing if that is no name. False while an answer is missing.
  bool resolve(const MacroString& target, const std::string& domain,
               std::optional<std::string>& name);
  // Sets what macros depend on. False while an answer is missing.
  bool set_values(const MacroString& string, const std::string& domain);

  // Count, and give permerror when it was one too many.
  bool take_term();
  Match count_void();
  // Notes the reason and passes the result through.
  Match failed(Match match, std::string problem);
  Match dns_failed(const dns::Answer& answer, Mechanism mechanism);
  [[nodiscard]] bool holds_client(const Directive& directive, const dns::Answer& answer) const;

  MacroValues values_;
  Limits limits_;
  Policies policies_;
  dns::Lookups lookups_;
  unsigned terms_ = 0;         // That asked DNS so far, in all records.
  unsigned void_lookups_ = 0;  // Terms among them that found nothing.
  std::string problem_;
};

}  // namespace postern::spf
