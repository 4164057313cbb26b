#include "lib/antispam/network/name_tags.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "lib/antispam/network/chosen.hpp"
#include "lib/antispam/network/list_inquiry.hpp"
#include "lib/antispam/network/origins.hpp"
#include "lib/antispam/network/uri_list_rules.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

using Values = std::vector<std::string>;

const Relay* last_external(EvalContext& context) {
  const RelayChain& relays = context.message.relays();
  return relays.external.empty() ? nullptr : &relays.external.front();
}

const Relay* first_trusted(EvalContext& context) {
  const RelayChain& relays = context.message.relays();
  return relays.trusted.empty() ? nullptr : &relays.trusted.back();
}

template <const Relay* (*relay_of)(EvalContext&), std::string Relay::*member>
Values of_relay(EvalContext& context) {
  const Relay* relay = relay_of(context);
  return relay == nullptr ? Values() : Values{relay->*member};
}

template <const Relay* (*relay_of)(EvalContext&)>
Values reversed_of_relay(EvalContext& context) {
  const Relay* relay = relay_of(context);
  if (relay == nullptr || !may_tell(context, relay->ip)) return {};
  return {reversed_address(relay->ip)};
}

Values author_domains(EvalContext& context) {
  return context.message.header_values("From:addr:host");
}

Values sender_domain(EvalContext& context) {
  const Values& hosts = context.message.header_values("EnvelopeFrom:first:addr:host");
  return hosts.empty() ? Values() : Values{hosts.front()};
}

Values signing_domains(EvalContext& context) {
  return context.authentication == nullptr ? Values() : context.authentication->dkim_valid_signers;
}

Values uri_hosts(EvalContext& context) {
  Values hosts;
  for (const auto& [host, domain] : linked_hosts(context)) hosts.push_back(host);
  return hosts;
}

Values uri_domains(EvalContext& context) {
  Values domains;
  for (const auto& [host, domain] : linked_hosts(context)) domains.push_back(domain);
  std::sort(domains.begin(), domains.end());
  return domains;
}

struct NameTag {
  std::string_view name;
  Values (*values)(EvalContext& context);
};

constexpr auto tags = std::to_array<NameTag>({
    {"AUTHORDOMAIN", author_domains},
    {"DKIMDOMAIN", signing_domains},
    {"FIRSTTRUSTEDIP", of_relay<first_trusted, &Relay::ip>},
    {"FIRSTTRUSTEDREVIP", reversed_of_relay<first_trusted>},
    {"LASTEXTERNALHELO", of_relay<last_external, &Relay::helo>},
    {"LASTEXTERNALIP", of_relay<last_external, &Relay::ip>},
    {"LASTEXTERNALRDNS", of_relay<last_external, &Relay::rdns>},
    {"LASTEXTERNALREVIP", reversed_of_relay<last_external>},
    {"SENDERDOMAIN", sender_domain},
    {"URIDOMAINS", uri_domains},
    {"URIHOSTS", uri_hosts},
});

const NameTag* find_tag(std::string_view name) {
  const auto* found =
      std::find_if(tags.begin(), tags.end(), [&](const NameTag& tag) { return tag.name == name; });
  return found == tags.end() ? nullptr : found;
}

constexpr std::string_view header_tag = "HEADER(";

bool is_tag_char(char c) {
  return (c >= 'A' && c <= 'Z') || ascii::is_digit(c);
}

/// End of "AB_C1" or "AB(text)" at `at`, before an underscore; npos: there is none.
std::size_t tag_end(std::string_view text, std::size_t at) {
  if (at >= text.size() || !is_tag_char(text[at]) || ascii::is_digit(text[at])) return text.npos;
  while (at < text.size() && (is_tag_char(text[at]) || (text[at] == '_' && at + 1 < text.size() &&
                                                        is_tag_char(text[at + 1])))) {
    ++at;
  }
  if (at < text.size() && text[at] == '(') at = text.find(')', at) + 1;
  return at > 0 && at < text.size() && text[at] == '_' ? at : text.npos;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

}  // namespace

std::vector<std::string> tags_of(std::string_view name_template) {
  Values found;
  for (std::size_t at = name_template.find('_'); at != name_template.npos;) {
    const std::size_t end = tag_end(name_template, at + 1);
    if (end == name_template.npos) {
      at = name_template.find('_', at + 1);
      continue;
    }
    found.emplace_back(name_template.substr(at + 1, end - at - 1));
    at = name_template.find('_', end + 1);
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

bool is_name_tag(std::string_view tag) {
  return find_tag(tag) != nullptr || tag.starts_with(header_tag);
}

std::vector<std::string> tag_values(EvalContext& context, std::string_view tag) {
  Values values;
  if (tag.starts_with(header_tag)) {
    const std::string_view header = tag.substr(header_tag.size());
    values = {context.message.header_text(header.substr(0, header.find(')')))};
  } else if (const NameTag* known = find_tag(tag)) {
    values = known->values(context);
  }
  Values kept;
  std::set<std::string> seen;
  for (std::string& value : values) {
    if (value.empty() || !seen.insert(value).second || !may_tell(context, value)) continue;
    kept.push_back(std::move(value));
  }
  keep_chosen(kept, max_tag_values, context.secret);
  return kept;
}

std::vector<std::string> filled_names(EvalContext& context, const std::string& name_template,
                                      const std::vector<std::string>& used_tags) {
  Values names = {name_template};
  for (const std::string& tag : used_tags) {
    const Values values = tag_values(context, tag);
    Values filled;
    for (const std::string& name : names) {
      for (const std::string& value : values) {
        if (filled.size() == max_names_of_template) break;
        filled.push_back(name);
        replace_all(filled.back(), "_" + tag + "_", value);
      }
    }
    names = std::move(filled);
  }
  return names;
}

}  // namespace postern::antispam
