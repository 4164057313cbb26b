#include "lib/antispam/rules/plugins.hpp"

#include <algorithm>
#include <array>

#include "lib/antispam/rules/eval_kinds.hpp"

namespace postern::antispam {
namespace {

constexpr std::string_view plugin_prefix = "Mail::SpamAssassin::Plugin::";
constexpr std::string_view configuration_prefix = "Mail::SpamAssassin::";

// Both tables are ordered.
constexpr auto stock_plugins = std::to_array<std::string_view>({
    "ASN",
    "AWL",
    "AccessDB",
    "AntiVirus",
    "AskDNS",
    "AuthRes",
    "AutoLearnThreshold",
    "Bayes",
    "BodyEval",
    "BodyRuleBaseExtractor",
    "Check",
    "DCC",
    "DKIM",
    "DMARC",
    "DNSEval",
    "DecodeShortURLs",
    "ExtractText",
    "FreeMail",
    "FromNameSpoof",
    "HTMLEval",
    "HTTPSMismatch",
    "HashBL",
    "HeaderEval",
    "ImageInfo",
    "MIMEEval",
    "MIMEHeader",
    "OLEVBMacro",
    "OneLineBodyRuleType",
    "P595Body",
    "PDFInfo",
    "PhishTag",
    "Phishing",
    "Pyzor",
    "Razor2",
    "RelayCountry",
    "RelayEval",
    "ReplaceTags",
    "ResourceLimits",
    "Reuse",
    "Rule2XSBody",
    "SPF",
    "Shortcircuit",
    "SpamCop",
    "Test",
    "TextCat",
    "TxRep",
    "URIDNSBL",
    "URIDetail",
    "URIEval",
    "URILocalBL",
    "VBounce",
    "WLBLEval",
    "WelcomeListSubject",
});
static_assert(std::ranges::is_sorted(stock_plugins));

// Methods that only say that something is there; of the configuration and of plugins.
constexpr auto abilities_of_modules = std::to_array<std::string_view>({
    "ASN::has_asn_geodb",
    "ASN::has_asn_lookup_ipv6",
    "ASN::has_check_asn",
    "ASN::has_check_asn_tag",
    "AskDNS::has_tag_header",
    "BodyEval::has_check_body_length",
    "BodyEval::has_plaintext_body_sig_ratio",
    "Conf::feature_bayes_auto_learn_on_error",
    "Conf::feature_bayes_stopwords",
    "Conf::feature_blocklist_welcomelist",
    "Conf::feature_bug6558_free",
    "Conf::feature_capture_rules",
    "Conf::feature_compile_regexp",
    "Conf::feature_dns_block_rule",
    "Conf::feature_dns_local_ports_permit_avoid",
    "Conf::feature_dns_query_restriction",
    "Conf::feature_edns",
    "Conf::feature_geodb",
    "Conf::feature_get_host",
    "Conf::feature_header_address_parser",
    "Conf::feature_header_first_last",
    "Conf::feature_header_match_many",
    "Conf::feature_local_tests_only",
    "Conf::feature_meta_rules_matching",
    "Conf::feature_originating_ip_headers",
    "Conf::feature_registryboundaries",
    "Conf::feature_subjprefix",
    "Conf::feature_uri_host_listed",
    "Conf::feature_welcomelist_blocklist",
    "Conf::feature_yesno_takes_args",
    "Conf::has_tflags_nolog",
    "Conf::has_tflags_nosubject",
    "Conf::perl_min_version_5010000",
    "DKIM::has_arc",
    "DNSEval::has_tflags_domains_only",
    "DNSEval::has_tflags_ips_only",
    "DecodeShortURLs::has_autoclean",
    "DecodeShortURLs::has_clear",
    "DecodeShortURLs::has_get",
    "DecodeShortURLs::has_max_redirections",
    "DecodeShortURLs::has_short_url",
    "DecodeShortURLs::has_short_url_code",
    "DecodeShortURLs::has_short_url_redir",
    "DecodeShortURLs::has_timeout",
    "DecodeShortURLs::has_user_agent",
    "HashBL::has_hashbl_attachments",
    "HashBL::has_hashbl_bodyre",
    "HashBL::has_hashbl_bodyre_num",
    "HashBL::has_hashbl_email_domain",
    "HashBL::has_hashbl_email_domain_alias",
    "HashBL::has_hashbl_email_regex",
    "HashBL::has_hashbl_email_welcomelist",
    "HashBL::has_hashbl_email_whitelist",
    "HashBL::has_hashbl_emails",
    "HashBL::has_hashbl_ignore",
    "HashBL::has_hashbl_sha256",
    "HashBL::has_hashbl_tag",
    "HashBL::has_hashbl_uris",
    "MIMEEval::has_check_abundant_unicode_ratio",
    "MIMEEval::has_check_for_ascii_text_illegal",
    "MIMEEval::has_check_qp_ratio",
    "MIMEHeader::has_all_header",
    "MIMEHeader::has_capture_rules",
    "MIMEHeader::has_tflags_concat",
    "MIMEHeader::has_tflags_multiple",
    "MIMEHeader::has_tflags_range",
    "OLEVBMacro::has_olemacro_mhtml_uri",
    "OLEVBMacro::has_olemacro_redirect_uri",
    "OLEVBMacro::has_olertfobject",
    "Pyzor::has_fork",
    "Pyzor::has_perl",
    "Razor2::has_fork",
    "SPF::has_check_for_spf_errors",
    "SPF::has_check_spf_skipped_noenvfrom",
    "URIDNSBL::has_subtest_for_ranges",
    "URIDNSBL::has_tflags_domains_only",
    "URIDNSBL::has_tflags_notrim",
    "URIDNSBL::has_uridnsbl_a_ns",
    "URIDNSBL::has_uridnsbl_for_a",
    "URIDNSBL::has_uridnsbl_skip_mailto",
    "URIDetail::has_host_key",
});
static_assert(std::ranges::is_sorted(abilities_of_modules));

// "DKIM" of "Mail::SpamAssassin::Plugin::DKIM"; empty: it is no such name.
std::string_view short_name(std::string_view full_name) {
  if (!full_name.starts_with(plugin_prefix)) return {};
  return full_name.substr(plugin_prefix.size());
}

bool has_compat(const Abilities& abilities, std::string_view method) {
  constexpr std::string_view prefix = "compat_";
  return method.starts_with(prefix) && abilities.compat.contains(method.substr(prefix.size()));
}

}  // namespace

bool Abilities::has_plugin(std::string_view name) const {
  return plugins.contains(std::string(plugin_prefix) += name);
}

std::string_view current_plugin_name(std::string_view name) {
  if (name == "Mail::SpamAssassin::Plugin::Dmarc") return "Mail::SpamAssassin::Plugin::DMARC";
  if (name == "Mail::SpamAssassin::Plugin::WhiteListSubject") {
    return "Mail::SpamAssassin::Plugin::WelcomeListSubject";
  }
  return name;
}

bool is_stock_plugin(std::string_view full_name) {
  return std::ranges::binary_search(stock_plugins, short_name(full_name));
}

bool is_plugin_loaded(const Abilities& abilities, std::string_view full_name) {
  if (full_name == "Mail::SpamAssassin::Plugin::RaciallyCharged") return true;  // by decree
  return abilities.plugins.contains(current_plugin_name(full_name));
}

bool has_method(const Abilities& abilities, std::string_view method, bool can) {
  const std::size_t colon = method.rfind("::");
  if (colon == method.npos) return false;
  const std::string_view module = method.substr(0, colon), name = method.substr(colon + 2);
  if (module == "Mail::SpamAssassin::Conf") {
    return has_compat(abilities, name) ||
           std::ranges::binary_search(abilities_of_modules,
                                      method.substr(configuration_prefix.size()));
  }
  if (!abilities.plugins.contains(module)) return false;
  if (std::ranges::binary_search(abilities_of_modules, method.substr(plugin_prefix.size()))) {
    return true;
  }
  const EvalKind* eval = find_eval_kind(name);
  return !can && eval != nullptr && eval->plugin == short_name(module);
}

}  // namespace postern::antispam
