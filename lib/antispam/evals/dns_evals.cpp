// Evals that DNS lists decide (Mail::SpamAssassin::Plugin::DNSEval, URIDNSBL, HashBL):
// lib/antispam/network asks them and gives the values of these rules; by themselves they never hit,
// as in SpamAssassin without DNS.
#include <array>

#include "lib/antispam/evals/eval_tables.hpp"

namespace postern::antispam {
namespace {

double decided_by_dns(EvalContext&, std::span<const std::string>) {
  return 0;
}

/// Not an eval of rules that SpamAssassin calls RBL rules: without a function the engine knows that
/// the answer comes from elsewhere.
constexpr EvalFunction answered_elsewhere = nullptr;

constexpr std::array rows = {
    Eval{"check_hashbl_attachments", "HashBL", answered_elsewhere, true},
    Eval{"check_hashbl_bodyre", "HashBL", answered_elsewhere, true},
    Eval{"check_hashbl_emails", "HashBL", answered_elsewhere, true},
    Eval{"check_hashbl_tag", "HashBL", answered_elsewhere, true},
    Eval{"check_hashbl_uris", "HashBL", answered_elsewhere, true},
    Eval{"check_rbl", "DNSEval", decided_by_dns, true},
    Eval{"check_rbl_accreditor", "DNSEval", decided_by_dns, true},
    Eval{"check_rbl_envfrom", "DNSEval", decided_by_dns, true},
    Eval{"check_rbl_from_domain", "DNSEval", decided_by_dns, true},
    Eval{"check_rbl_from_host", "DNSEval", decided_by_dns, true},
    Eval{"check_rbl_headers", "DNSEval", decided_by_dns, true},
    Eval{"check_rbl_ns_from", "DNSEval", decided_by_dns, true},
    Eval{"check_rbl_rcvd", "DNSEval", decided_by_dns, true},
    Eval{"check_rbl_sub", "DNSEval", decided_by_dns, true},
    Eval{"check_rbl_txt", "DNSEval", decided_by_dns, true},
    Eval{"check_uridnsbl", "URIDNSBL", decided_by_dns, true},
};

}  // namespace

std::span<const Eval> dns_evals() {
  return rows;
}

}  // namespace postern::antispam
