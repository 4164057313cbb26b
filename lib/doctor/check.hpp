// What a check of the doctor is: one row in one table, a pure function from facts to findings.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/dns/answers.hpp"
#include "lib/doctor/facts.hpp"
#include "lib/doctor/finding.hpp"

namespace postern::doctor {

/// What a check sees and where it writes. While answers are missing its findings do not count.
class Context {
 public:
  Context(std::string_view check, const Facts& facts, const dns::Answers& answers)
      : check_(check), facts_(facts), answers_(answers), lookups_(answers) {}

  [[nodiscard]] const Facts& facts() const { return facts_; }
  [[nodiscard]] const dns::Answers& answers() const { return answers_; }
  [[nodiscard]] dns::Lookups& lookups() { return lookups_; }
  /// Notes questions that an evaluation of another module needs.
  void need(const dns::Questions& questions);

  void ok(std::string subject, std::string text) {
    add(Severity::ok, std::move(subject), std::move(text), "");
  }
  void skipped(std::string subject, std::string why) {
    add(Severity::skipped, std::move(subject), std::move(why), "");
  }
  void info(std::string subject, std::string text, std::string remedy = "") {
    add(Severity::info, std::move(subject), std::move(text), std::move(remedy));
  }
  void warning(std::string subject, std::string text, std::string remedy) {
    add(Severity::warning, std::move(subject), std::move(text), std::move(remedy));
  }
  void error(std::string subject, std::string text, std::string remedy) {
    add(Severity::error, std::move(subject), std::move(text), std::move(remedy));
  }
  void add(Severity severity, std::string subject, std::string text, std::string remedy,
           std::string detail = "");

  [[nodiscard]] Findings& findings() { return findings_; }

 private:
  std::string_view check_;
  const Facts& facts_;
  const dns::Answers& answers_;
  dns::Lookups lookups_;
  Findings findings_;
};

/// One row.
struct Check {
  std::string_view name;
  std::string_view doc;  ///< One line for the manual and --list.
  void (*run)(Context& context);
};

/// The table: row order is the order of the findings.
[[nodiscard]] std::span<const Check> table();

/// Whether there is a check of this name.
[[nodiscard]] bool is_check(std::string_view name);

/// Runs checks over facts and the answers known so far.
/// \param names  Which; empty for all.
/// \return The findings in the order of the table, or the questions still missing.
[[nodiscard]] dns::Evaluation<Findings> examine(const Facts& facts, const dns::Answers& answers,
                                                const std::vector<std::string>& names);

// The rows, each in a file of its subject.
void check_mx(Context& context);
void check_host_name(Context& context);
void check_reverse(Context& context);
void check_spf(Context& context);
void check_dkim(Context& context);
void check_dmarc(Context& context);
void check_mta_sts(Context& context);
void check_tls_rpt(Context& context);
void check_srv(Context& context);
void check_outbound(Context& context);
void check_clock(Context& context);
void check_resolver(Context& context);
void check_dns_lists(Context& context);
void check_dnssec(Context& context);
void check_milters(Context& context);
void check_policies(Context& context);
void check_scanners(Context& context);
void check_rules(Context& context);
void check_postfix(Context& context);
void check_key_files(Context& context);
void check_certificates(Context& context);
void check_disks(Context& context);
void check_config(Context& context);

}  // namespace postern::doctor
