// Rules over lists of addresses and domains that a message came from
// (Mail::SpamAssassin::Plugin::DNSEval).
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/antispam/evals/eval.hpp"
#include "lib/antispam/network/list_inquiry.hpp"
#include "lib/antispam/network/network_hits.hpp"
#include "lib/antispam/network/record_filter.hpp"

namespace postern::antispam {

/// Relays that a rule looks at.
constexpr std::size_t max_checked_relays = 9;
/// Domains of senders, and hosts of one header, that a rule looks at; SpamAssassin has no limit.
constexpr std::size_t max_checked_senders = 16;

class ListRules {
 public:
  /// Takes a rule if it is one of these. \return Why it never asks; empty: it does, or is none.
  std::string add(std::size_t index, const Rule& rule, const RegexSource& regexes,
                  const Options& options);

  /// Asks what all rules need, and adds the hits that the answers so far make.
  void run(EvalContext& context, ListInquiry& inquiry, NetworkHits& hits) const;

 private:
  enum class Subject {
    relays,
    accredited,
    senders,
    sender_domains,
    envelope,
    name_servers,
    headers,
    last_relay
  };
  /// Which addresses of relays, by the end of the name of a set.
  enum class Choice { any, not_first_hop, last_external, first_trusted, untrusted };

  struct ListRule {
    std::size_t rule = 0;
    Subject subject = Subject::relays;
    Choice choice = Choice::any;
    dns::Type type = dns::Type::a;
    std::string zone;
    const std::vector<std::pair<std::size_t, RecordFilter>>* sub_rules = nullptr;
    RecordFilter filter;
    std::string accreditor;
    std::vector<std::string> headers;
    bool nice = false, domains_only = false, ips_only = false;
  };

  static std::optional<Subject> subject_of(std::string_view function);
  static Choice choice_of(std::string_view set);
  [[nodiscard]] static std::vector<std::string> subjects(const ListRule& rule, EvalContext& context,
                                                         ListInquiry& inquiry);
  [[nodiscard]] static Worth worth_of(const ListRule& rule, EvalContext& context,
                                      std::string_view subject);
  [[nodiscard]] static std::vector<std::string> relay_subjects(const ListRule& rule,
                                                               EvalContext& context);

  std::vector<ListRule> rules_;
  // check_rbl_sub, by set. A map, so that ListRule may point into it.
  std::map<std::string, std::vector<std::pair<std::size_t, RecordFilter>>, std::less<>> sub_rules_;
};

}  // namespace postern::antispam
