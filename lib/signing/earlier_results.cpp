#include "lib/signing/earlier_results.hpp"

#include <vector>

#include "lib/authres/authentication_results.hpp"
#include "lib/base/ascii.hpp"

namespace postern::signing {
namespace {

using authres::Result;

constexpr std::string_view field_name = "Authentication-Results";
constexpr std::string_view passed = "pass";
constexpr std::string_view unknown = "none";

// What one field of ours says of this author: "pass", another result, or "none" when it says
// nothing that can be relied on.
std::string_view result_for(const authres::AuthenticationResults& field,
                            const std::string& author_domain) {
  std::string_view found = unknown;
  if (!field.complete) return found;
  for (const authres::ReportedResult& each : field.results) {
    if (each.method != to_token(authres::Method::dmarc)) continue;
    const std::string_view from = each.value_of("header", "from");
    if (from.empty()) return unknown;
    // Another author: whoever gave the message back has replaced From since, and answers for it.
    if (!ascii::equals_ignoring_case(from, author_domain)) {
      found = passed;
      continue;
    }
    return each.result;
  }
  return found;
}

bool has_key(const dkim::KeySource& keys, const std::string& domain, const Settings& settings) {
  return !keys.keys_for(domain, settings.parent_domains).empty() ||
         keys.why_none(domain, settings.parent_domains).is_fault;
}

}  // namespace

std::optional<EarlierResults> find_objection(const mail::HeaderSection& header,
                                             mail::ToAsciiDomain to_ascii,
                                             std::string_view authserv_id, const Settings& settings,
                                             const dkim::KeySource& keys) {
  const mail::Authors authors = mail::find_authors(header, to_ascii);
  if (!authors.problem.empty() || authors.domains.size() != 1) return std::nullopt;
  const std::string& domain = authors.domains.front();
  if (!settings.of(domain).enabled || !has_key(keys, domain, settings)) return std::nullopt;
  for (const std::uint32_t position : header.named(field_name)) {
    const std::string_view body = header.fields()[position].body;
    if (!authres::is_ours(body, authserv_id)) continue;
    const auto field = authres::parse(body);
    const std::string result(field ? result_for(*field, domain) : unknown);
    if (result == passed) continue;
    const bool is_known = authres::parse_result(result).has_value() && result != unknown;
    return EarlierResults{domain, is_known ? result : std::string(unknown),
                          "came from outside before, and DMARC did not pass for " + domain};
  }
  return std::nullopt;
}

std::string format_earlier(const EarlierResults& earlier, std::string_view authserv_id) {
  authres::ResInfo info;
  info.method = authres::Method::dmarc;
  info.result = authres::parse_result(earlier.result).value_or(Result::none);
  info.comment = "as it came from outside";
  info.properties.push_back({authres::property::header_from, earlier.author_domain});
  return authres::format(authserv_id, std::vector{info});
}

}  // namespace postern::signing
