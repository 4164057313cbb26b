#include "lib/disposition/arc_override.hpp"

#include "lib/authres/parse.hpp"
#include "lib/base/ascii.hpp"

namespace postern::disposition {
namespace {

// Whether the sealer of a set saw DMARC pass for this author, and nothing else of DMARC. A result
// that does not name the author could be about anyone.
bool saw_dmarc_pass(const arc::SetInfo& set, std::string_view author_domain) {
  const auto field = authres::parse_arc(set.results);
  if (!field || field->instance != set.instance) return false;
  bool passed = false;
  for (const authres::ReportedResult& result : field->results.results) {
    if (result.method != "dmarc") continue;
    const std::string_view from = result.value_of("header", "from");
    if (result.result != "pass" || !ascii::equals_ignoring_case(from, author_domain)) return false;
    passed = true;
  }
  return passed;
}

}  // namespace

std::string find_trusted_sealer(const arc::Outcome& chain, std::string_view author_domain,
                                const config::DomainList& trusted) {
  if (chain.result != authres::Result::pass || chain.partial_body) return {};
  const arc::SetInfo* oldest = nullptr;
  for (auto set = chain.sets.rbegin(); set != chain.sets.rend(); ++set) {
    if (!trusted.matches(set->seal_domain)) break;
    oldest = &*set;
  }
  if (oldest == nullptr || !saw_dmarc_pass(*oldest, author_domain)) return {};
  return oldest->seal_domain;
}

}  // namespace postern::disposition
