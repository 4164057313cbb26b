// Rules over lists of domains that a message links to (Mail::SpamAssassin::Plugin::URIDNSBL).
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/antispam/evals/eval.hpp"
#include "lib/antispam/network/list_inquiry.hpp"
#include "lib/antispam/network/network_hits.hpp"
#include "lib/antispam/network/record_filter.hpp"

namespace postern::antispam {

/// Name servers of one domain, and addresses of one host, that are looked up; SpamAssassin has no
/// limit.
constexpr std::size_t max_name_servers = 16;
constexpr std::size_t max_host_addresses = 16;

/// Hosts that a message links to with what somebody registered of each, the most prominent first;
/// without those of which nobody is told. At most uridnsbl_max_domains; order and choice among
/// equals are by the secret. Found once for each message.
using LinkedHosts = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] const LinkedHosts& linked_hosts(EvalContext& context);

class UriListRules {
 public:
  /// Takes a rule if it is one of these. \return Why it never asks; empty: it does, or is none.
  std::string add(std::size_t index, const Rule& rule, const Options& options);

  /// Asks what all rules need, and adds the hits that the answers so far make.
  void run(EvalContext& context, ListInquiry& inquiry, NetworkHits& hits) const;

 private:
  struct UriListRule {
    std::size_t rule = 0;
    std::string zone;
    dns::Type type = dns::Type::a;
    RecordFilter filter;
    bool keeps_host = false;  ///< tflags notrim: the host is asked for, not its domain.
    bool for_ips = true;
    bool for_domains = true;
  };
  using Rules = std::vector<UriListRule>;

  struct Run {
    EvalContext& context;
    ListInquiry& inquiry;
    NetworkHits& hits;
    /// Of addresses that DNS has given: the host that has them.
    std::map<std::string, std::string, std::less<>> host_of;
  };

  using Names = std::vector<std::string>;

  static void ask(const UriListRule& rule, std::string_view subject, Worth worth, Run& run);
  static void ask_all(const Rules& rules, std::string_view subject, Run& run);
  void ask_about_servers(const Names& hosts, const Names& domains, Run& run) const;
  [[nodiscard]] Names servers_of(const Names& domains, Run& run) const;
  [[nodiscard]] Names addresses_of(const Names& hosts, Run& run) const;

  Rules by_domain_;                ///< urirhsbl, urirhssub
  Rules by_server_;                ///< urinsrhsbl, urinsrhssub: the domain of a name server
  Rules by_full_server_;           ///< urifullnsrhsbl, urifullnsrhssub
  Rules by_address_;               ///< uridnsbl, uridnssub with tflags a
  bool has_server_rules_ = false;  ///< Some rule is about name servers.
};

}  // namespace postern::antispam
