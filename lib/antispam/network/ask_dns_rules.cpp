#include "lib/antispam/network/ask_dns_rules.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "lib/antispam/network/hit_texts.hpp"
#include "lib/antispam/network/name_tags.hpp"
#include "lib/antispam/uri/registry_boundaries.hpp"

namespace postern::antispam {
namespace {

std::optional<dns::Type> type_of(std::string_view word) {
  constexpr auto types =
      std::to_array<std::pair<std::string_view, dns::Type>>({{"A", dns::Type::a},
                                                             {"AAAA", dns::Type::aaaa},
                                                             {"MX", dns::Type::mx},
                                                             {"NS", dns::Type::ns},
                                                             {"PTR", dns::Type::ptr},
                                                             {"TXT", dns::Type::txt}});
  for (const auto& [name, type] : types) {
    if (name == word) return type;
  }
  return std::nullopt;
}

/// The code of an answer; nothing: there was no answer.
std::optional<unsigned> code_of(dns::Status status) {
  switch (status) {
    case dns::Status::success:
    case dns::Status::no_data: return 0;
    case dns::Status::servfail: return 2;
    case dns::Status::nxdomain: return 3;
    case dns::Status::timeout:
    case dns::Status::not_asked: return std::nullopt;
  }
  return std::nullopt;
}

/// What a template asks about.
Worth worth_of(const std::vector<std::string>& tags) {
  constexpr auto known =
      std::to_array<std::pair<std::string_view, Worth>>({{"AUTHORDOMAIN", Worth::sender},
                                                         {"DKIMDOMAIN", Worth::sender},
                                                         {"SENDERDOMAIN", Worth::sender},
                                                         {"LASTEXTERNALIP", Worth::client},
                                                         {"LASTEXTERNALREVIP", Worth::client},
                                                         {"LASTEXTERNALRDNS", Worth::client},
                                                         {"LASTEXTERNALHELO", Worth::client},
                                                         {"URIDOMAINS", Worth::link},
                                                         {"URIHOSTS", Worth::link}});
  if (tags.size() != 1) return Worth::other;
  for (const auto& [tag, worth] : known) {
    if (tag == tags.front()) return worth;
  }
  return Worth::other;
}

/// "list.example" of "_TAG_.list.example"; empty: a tag is the end.
std::string list_of(std::string_view name_template, const std::vector<std::string>& tags) {
  std::size_t end = 0;
  for (const std::string& tag : tags) {
    const std::string written = "_" + tag + "_";
    const std::size_t at = name_template.rfind(written);
    if (at != name_template.npos) end = std::max(end, at + written.size());
  }
  std::string_view list = name_template.substr(end);
  return list.starts_with('.') ? std::string(list.substr(1)) : std::string();
}

}  // namespace

std::string AskDnsRules::add(std::size_t index, const Rule& rule, const RegexSource& regexes) {
  const auto* const test = std::get_if<AskDnsTest>(&rule.test);
  if (test == nullptr) return {};
  AskDnsRule made;
  made.rule = index;
  made.name_template = test->name_template;
  made.tags = tags_of(test->name_template);
  for (const std::string& tag : made.tags) {
    if (!is_name_tag(tag)) return "no message has a tag _" + tag + "_";
  }
  made.worth = worth_of(made.tags);
  made.list = list_of(test->name_template, made.tags);
  for (const std::string& word : test->types) {
    const auto type = type_of(word);
    if (!type) return "records of type " + word + " are not asked for";
    made.types.push_back(*type);
  }
  const auto filter = RecordFilter::of_askdns(test->filter, regexes);
  if (!filter) return "its filter is not understood";
  made.filter = *filter;
  rules_.push_back(std::move(made));
  return {};
}

bool AskDnsRules::hits(const AskDnsRule& rule, const dns::Answer& answer) {
  if (rule.filter.is_of_codes()) {
    const auto code = code_of(answer.status);
    return code && rule.filter.accepts_code(*code);
  }
  const std::vector<RecordText> records = record_texts(answer);
  return std::any_of(records.begin(), records.end(),
                     [&](const RecordText& record) { return rule.filter.accepts(record); });
}

void AskDnsRules::run(EvalContext& context, ListInquiry& inquiry, NetworkHits& found) const {
  for (const AskDnsRule& rule : rules_) {
    for (const std::string& name : filled_names(context, rule.name_template, rule.tags)) {
      if (!RegistryBoundaries::is_fqdn_valid(name)) continue;
      for (const dns::Type type : rule.types) {
        const dns::Answer* answer = inquiry.ask(name, type, {rule.rule, rule.worth}, rule.list);
        if (answer == nullptr || !hits(rule, *answer)) continue;
        add_hit(context, found, rule.rule, record_text(name, type, *answer, rule.filter));
      }
    }
  }
}

}  // namespace postern::antispam
