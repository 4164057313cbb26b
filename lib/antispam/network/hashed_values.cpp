#include "lib/antispam/network/hashed_values.hpp"

#include <algorithm>
#include <array>

#include "lib/antispam/evals/addresses.hpp"
#include "lib/antispam/evals/arguments.hpp"
#include "lib/antispam/evals/mail_finder.hpp"
#include "lib/antispam/message/environment.hpp"
#include "lib/antispam/network/name_tags.hpp"
#include "lib/antispam/network/origins.hpp"
#include "lib/antispam/text/ip_text.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

using Values = std::vector<std::string>;
using HashRule = HashRules::HashRule;

constexpr std::size_t max_found_emails = 1'000;

std::string in_case(const HashRule& rule, std::string_view text) {
  return rule.options.has("case") ? std::string(text) : ascii::to_lower(text);
}

// --- addresses ---

std::string joined(const Values& values) {
  std::string text;
  for (const std::string& value : values) text.append(value) += '\n';
  return text;
}

/// Links to addresses, which the text does not show, and the text.
std::string body_text(const HashRule& rule, EvalContext& context) {
  std::string text;
  for (const MessageUri& uri : context.message.uri_details()) {
    constexpr std::string_view scheme = "mailto:";
    const bool is_link = uri.types.contains("a") && !uri.types.contains("parsed");
    if (is_link && ascii::starts_with_ignoring_case(uri.uri.bytes, scheme)) {
      text.append(uri.uri.bytes.substr(scheme.size())) += '\n';
    }
  }
  std::string body;
  for (const std::string& line : context.message.body()) body += line;
  const bool is_cleaned = rule.options.has("nouri") || rule.options.has("noquote");
  const MailFinder finder(context.message.environment().boundaries);
  return text + (is_cleaned ? finder.without_quoted(body) : body);
}

/// By hashbl_email_regex.
void add_matching_emails(const Regex& pattern, std::string_view text, Values& found) {
  for (std::size_t at = 0; at <= text.size() && found.size() < max_found_emails;) {
    const RegexMatch match = pattern.find(text, at);
    if (!match) return;
    if (match.end > match.begin) {
      add_unique(found, std::string(text.substr(match.begin, match.end - match.begin)));
    }
    at = std::max(match.end, match.begin + 1);
  }
}

void add_emails(const HashRule& rule, std::string_view text, EvalContext& context, Values& found) {
  if (rule.email != nullptr) return add_matching_emails(*rule.email, text, found);
  const MailFinder finder(context.message.environment().boundaries);
  for (auto mail = finder.find(text, 0); mail && found.size() < max_found_emails;
       mail = finder.find(text, mail->end)) {
    add_unique(found, std::string(text.substr(mail->begin, mail->end - mail->begin)));
  }
}

Values emails_of(const HashRule& rule, EvalContext& context) {
  Values found;
  std::string_view rest = rule.sources;
  while (!rest.empty()) {
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const std::string_view source = ascii::trim(rest.substr(0, slash));
    rest.remove_prefix(std::min(slash + 1, rest.size()));
    if (source == "ALLFROM") {
      for (const std::string& address : all_from_addresses(context)) add_unique(found, address);
    } else if (source == "body") {
      add_emails(rule, body_text(rule, context), context, found);
    } else {
      add_emails(rule, joined(context.message.header_values(source)), context, found);
    }
  }
  return found;
}

std::string without_tag(std::string_view email) {
  const std::string_view user = email.substr(0, email.rfind('@'));
  const std::string_view rest = email.substr(user.size());
  return std::string(user.substr(0, user.find('+'))).append(rest);
}

bool is_recipient(EvalContext& context, const std::string& email) {
  const std::string lower = ascii::to_lower(email);
  const auto is_same = [bare = without_tag(lower)](const std::string& recipient) {
    return without_tag(recipient) == bare;
  };
  if (std::any_of(context.recipients.begin(), context.recipients.end(), is_same)) return true;
  constexpr std::array<std::string_view, 4> fields = {"X-Original-To:addr", "Apparently-To:addr",
                                                      "Delivered-To:addr", "Envelope-To:addr"};
  return std::any_of(fields.begin(), fields.end(), [&](std::string_view field) {
    const Values& values = context.message.header_values(field);
    return std::any_of(values.begin(), values.end(), [&](const std::string& value) {
      return ascii::to_lower(ascii::trim(value)) == lower;
    });
  });
}

bool is_skipped(EvalContext& context, std::string_view domain) {
  const auto& skipped = context.rules.options.uridnsbl_skip_domains;
  return skipped.contains(ascii::to_lower(domain)) ||
         skipped.contains(context.message.environment().boundaries.trim_domain(domain));
}

/// Named by hashbl_acl_NAME; exceptions win.
bool is_in_acl(const Options& options, const std::string& acl, std::string_view domain) {
  const auto has = [&](const std::string& value) {
    return std::find(options.hashbl_acls.begin(), options.hashbl_acls.end(),
                     std::pair(acl, value)) != options.hashbl_acls.end();
  };
  return acl == "all" || (has(std::string(domain)) && !has("!" + std::string(domain)));
}

/// A pattern that gives up has not said that others may be told.
bool is_welcome(const HashRule& rule, const EvalContext& context, const std::string& email) {
  if (rule.welcome == nullptr) return matches(context, role_address, email);
  return rule.welcome->find(email).outcome != RegexMatch::Outcome::no_match;
}

/// hashbl_email_domain_alias
std::string with_main_domain(const Options& options, const std::string& email) {
  const std::size_t sign = email.rfind('@');
  if (sign == email.npos || options.hashbl_domain_aliases.empty()) return email;
  const auto found = options.hashbl_domain_aliases.find(ascii::to_lower(email.substr(sign + 1)));
  return found == options.hashbl_domain_aliases.end() ? email
                                                      : email.substr(0, sign + 1) + found->second;
}

bool is_wanted(const HashRule& rule, EvalContext& context, const std::string& email,
               std::string_view domain) {
  if (is_recipient(context, email)) return false;
  if (is_welcome(rule, context, email)) return false;
  return rule.acl ? is_in_acl(context.rules.options, *rule.acl, domain)
                  : !is_skipped(context, domain);
}

std::string email_to_hash(const HashRule& rule, EvalContext& context, const std::string& email) {
  const std::size_t sign = email.rfind('@');
  std::string user = email.substr(0, sign);
  std::string domain = email.substr(sign + 1);
  if (rule.options.has("nodot")) std::erase(user, '.');
  if (rule.options.has("notag")) user.resize(std::min(user.find('+'), user.size()));
  if (rule.options.has("domain")) {
    domain = context.message.environment().boundaries.trim_domain(domain);
  }
  const bool only_domain = rule.options.has("domain") || rule.options.has("host");
  const bool only_user = !only_domain && rule.options.has("user");
  return in_case(rule, only_domain ? domain : only_user ? user : user + "@" + domain);
}

// --- patterns and tags ---

void add_matches(const HashRule& rule, const EvalContext& context, std::string_view text,
                 Values& found) {
  std::size_t at = 0;
  // The limit is that of the message: values are compared with one another.
  while (found.size() < max_hash_matches && at <= text.size()) {
    const RegexMatch match = rule.pattern->find_groups(text, at);
    if (!match) return;
    at = match.end > match.begin ? match.end : match.end + 1;
    if (match.groups.empty() || match.groups[0].first == text.npos) continue;
    const auto [begin, end] = match.groups[0];
    std::string value = in_case(rule, text.substr(begin, end - begin));
    if (rule.options.has("num")) std::erase_if(value, [](char c) { return !ascii::is_digit(c); });
    if (value.empty() || names_recipient(context, text.substr(begin, end - begin))) continue;
    add_unique(found, std::move(value));
  }
}

/// What is asked for a value of a tag; empty: it is not what the options want.
std::string tag_to_hash(const HashRule& rule, EvalContext& context, const std::string& value) {
  const HashOptions& options = rule.options;
  if (names_recipient(context, value)) return {};
  const bool is_ip = is_ip_text(value);
  const bool is_v4 = is_ipv4_text(value);
  if (options.has("ip") && !is_ip) return {};
  if (options.has("ipv4") && !is_v4) return {};
  if (options.has("ipv6") && (!is_ip || is_v4)) return {};
  if (is_ip) return options.has("revip") ? reversed_address(value) : value;
  const RegistryBoundaries& boundaries = context.message.environment().boundaries;
  const bool is_host = RegistryBoundaries::is_fqdn_valid(value);
  if (is_host && is_skipped(context, value)) return {};
  const bool wants_host = options.has("fqdn") || options.has("trim");
  if (wants_host && !is_host) return {};
  if ((options.has("tld") || options.has("trim")) && !boundaries.is_domain_valid(value)) return {};
  return options.has("trim") ? boundaries.trim_domain(value) : value;
}

bool has_skipped_host(EvalContext& context, const MessageUri& uri) {
  const auto& skipped = context.rules.options.uridnsbl_skip_domains;
  return std::any_of(uri.hosts.begin(), uri.hosts.end(), [&](const auto& host) {
    return skipped.contains(host.first) || skipped.contains(host.second);
  });
}

}  // namespace

std::vector<std::string> hashed_emails(const HashRule& rule, EvalContext& context) {
  Values found;
  for (const std::string& written : emails_of(rule, context)) {
    if (is_recipient(context, written)) continue;
    const std::string email = with_main_domain(context.rules.options, written);
    const std::string_view domain = domain_of(email);
    if (domain.empty() || !is_wanted(rule, context, email, domain)) continue;
    add_unique(found, email_to_hash(rule, context, email));
  }
  return found;
}

std::vector<std::string> hashed_uris(const HashRule& rule, EvalContext& context) {
  Values found;
  for (const MessageUri& uri : context.message.uri_details()) {
    if (ascii::starts_with_ignoring_case(uri.uri.bytes, "mailto:") || uri.hosts.empty()) continue;
    if (!uri.types.contains("a") && !uri.types.contains("parsed")) continue;
    if (has_skipped_host(context, uri) || found.size() >= max_hash_matches) continue;
    for (const PerlString& form : uri.cleaned) {
      if (names_recipient(context, form.bytes)) continue;
      add_unique(found, in_case(rule, form.bytes));
    }
  }
  return found;
}

std::vector<std::string> hashed_matches(const HashRule& rule, EvalContext& context) {
  Values found;
  switch (rule.kind) {
    case EvalTest::Kind::header:
    case EvalTest::Kind::body:
      for (const std::string& line : context.message.body())
        add_matches(rule, context, line, found);
      break;
    case EvalTest::Kind::rawbody:
      for (const PerlString& text : context.message.rawbody()) {
        add_matches(rule, context, text.bytes, found);
      }
      break;
    case EvalTest::Kind::full: add_matches(rule, context, context.message.full(), found); break;
  }
  return found;
}

std::vector<std::string> hashed_tags(const HashRule& rule, EvalContext& context) {
  Values found;
  for (const std::string& value : tag_values(context, rule.tag)) {
    std::string wanted = tag_to_hash(rule, context, in_case(rule, value));
    if (!wanted.empty()) add_unique(found, std::move(wanted));
  }
  return found;
}

std::vector<std::string> hashed_attachments(const HashRule& rule, EvalContext& context) {
  Values found;
  const auto& ignored = context.rules.options.hashbl_ignored;
  const std::size_t least = rule.options.number("minsize");
  for (const MimeNode* leaf : context.message.leaves()) {
    const bool is_ignored =
        ignored.contains(leaf->type) || ignored.contains(ascii::to_lower(leaf->name));
    // The option maxsize is compared with minsize in SpamAssassin 4.0.1.
    const bool is_too_large = rule.options.number("maxsize") > 0 && leaf->decoded.size() > least;
    if (leaf->decoded.empty() || is_ignored || leaf->decoded.size() < least || is_too_large) {
      continue;
    }
    if (found.size() < max_hashed_values) found.push_back(leaf->decoded);
  }
  return found;
}

}  // namespace postern::antispam
