// What SpamAssassin's configuration says besides rules: lists, networks, templates, limits.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "lib/antispam/rules/network_list.hpp"
#include "lib/antispam/text/words.hpp"

namespace postern::antispam {

/// An address list entry: glob over addresses ("*@example.com"), lower case.
using AddressGlobs = std::vector<std::string>;
/// address glob -> domains of the relay that must have delivered it (welcomelist_from_rcvd).
using ReceivedGlobs = std::map<std::string, std::vector<std::string>>;

/// add_header TYPE NAME TEMPLATE; in the order of definition. A name occurs at most once in what
/// spam gets, and in what ham gets.
struct HeaderTemplate {
  enum class When { all, spam, ham };
  When when = When::all;
  std::string name;  ///< Without "X-Spam-".
  std::string text;  ///< Template with _TAGS_; \n and \t are read already.
};

struct Options {
  double required_score = 5;

  // Networks and envelope.
  NetworkList trusted_networks, internal_networks, msa_networks;
  std::vector<std::string> originating_ip_headers;  ///< The stock rules name four.
  bool always_trust_envelope_sender = false;
  std::string envelope_sender_header;

  // Domains.
  Words tlds, two_level_tlds, three_level_tlds;  ///< util_rb_tld and its kin; lower case.
  std::vector<std::string> redirector_patterns;  ///< In Perl's syntax, modifiers in front.

  // Address lists of WLBLEval. Names as in SpamAssassin 4 (welcome, block).
  AddressGlobs welcomelist_from, blocklist_from, welcomelist_to, more_spam_to, all_spam_to,
      blocklist_to;
  AddressGlobs welcomelist_auth, def_welcomelist_auth;
  AddressGlobs welcomelist_from_spf, def_welcomelist_from_spf;
  ReceivedGlobs welcomelist_from_rcvd, def_welcomelist_from_rcvd;
  AddressGlobs welcomelist_allow_relays;
  /// welcomelist_from_dkim ADDRESS [SIGNER]; an empty signer: the domain of the author.
  std::vector<std::pair<std::string, std::string>> welcomelist_from_dkim, def_welcomelist_from_dkim;
  AddressGlobs welcomelist_subject, blocklist_subject;  ///< Globs over the subject.
  AddressGlobs welcomelist_bounce_relays;
  /// enlist_uri_host (LIST) host …; "!host" takes part in the list as an exception.
  /// list -> host -> true, or false for the exceptions.
  std::map<std::string, std::map<std::string, bool>> uri_host_lists;
  std::map<std::string, AddressGlobs> address_lists;  ///< enlist_addrlist (LIST)

  // FreeMail.
  Words freemail_domains;              ///< Without wildcards; lower case.
  AddressGlobs freemail_domain_globs;  ///< With "*" or "?".
  Words freemail_welcomelist;
  unsigned freemail_max_body_emails = 5;
  unsigned freemail_max_body_freemails = 3;
  bool freemail_skip_when_over_max = true;
  bool freemail_skip_bulk_envfrom = true;
  bool freemail_add_describe_email = true;

  // DNS.
  bool skip_rbl_checks = false;
  bool skip_uribl_checks = false;
  bool dns_available = true;  ///< false: no rule asks.
  double rbl_timeout_seconds = 15;
  double rbl_least_timeout_seconds = 0;  ///< When nearly all is answered; 0: a fifth of the other.
  unsigned dns_block_seconds = 300;      ///< dns_block_time
  std::set<std::string> uridnsbl_skip_domains;
  unsigned uridnsbl_max_domains = 20;
  /// dns_query_restriction: domain -> whether it may be asked.
  std::map<std::string, bool> dns_query_restrictions;
  /// dns_block_rule RULE domain …
  std::map<std::string, std::vector<std::string>> dns_block_rules;
  /// adsp_override DOMAIN [POLICY]
  std::map<std::string, std::string> adsp_overrides;
  /// hashbl_acl_NAME: lower case name and value; "!value": an exception, which wins.
  std::vector<std::pair<std::string, std::string>> hashbl_acls;
  std::set<std::string> hashbl_ignored;  ///< hashbl_ignore; lower case.
  /// hashbl_email_domain_alias: alias -> domain in its place; lower case.
  std::map<std::string, std::string> hashbl_domain_aliases;
  /// In Perl's syntax, modifiers in front, "_TLDS_" for any top-level domain; empty: our own.
  std::string hashbl_email_pattern, hashbl_welcome_pattern;
  bool skips_mailto_uris = true;  ///< uridnsbl_skip_mailto
  bool reads_dkim_uris = true;    ///< parse_dkim_uris
  std::string rbl_headers;        ///< Comma separated; empty: SpamAssassin's own choice.
  std::map<std::string, bool> url_shorteners;  ///< domain -> whether GET is to be used.

  // What a message becomes.
  std::vector<HeaderTemplate> headers;
  std::string report_template, unsafe_report_template;  ///< Lines end with LF.
  std::string report_contact, report_hostname;
  std::string report_charset = "UTF-8";
  std::map<std::string, std::string> rewrite_headers;  ///< "subject", "from", "to" -> template.
  bool fold_headers = true;
  unsigned report_wrap_width = 75;
  unsigned report_safe = 1;
  std::vector<std::string> report_safe_copy_headers;
  std::map<std::string, std::string> subject_prefixes;  ///< subjprefix RULE text.

  // Languages and limits.
  std::string ok_locales = "all";
  std::string ok_languages = "all";
  bool normalize_charset = true;
  double time_limit_seconds = 300;
  std::size_t body_part_scan_size = 50'000;      ///< Characters of a part for body rules; 0: all.
  std::size_t rawbody_part_scan_size = 500'000;  ///< Octets.

  // Bayes.
  bool use_bayes = true;
  bool use_bayes_rules = true;
  AddressGlobs bayes_ignore_from, bayes_ignore_to;
  unsigned bayes_min_spam_num = 200, bayes_min_ham_num = 200;
  std::set<std::string> bayes_ignore_headers;  ///< Lower case.
  double bayes_auto_learn_threshold_nonspam = 0.1;
  double bayes_auto_learn_threshold_spam = 12.0;
  bool bayes_auto_learn = true;
};

}  // namespace postern::antispam
