// Keys of plugins that define rules: mimeheader, askdns, uridnsbl and its kin, uri_detail,
// replace_tag and its kin.
#include <algorithm>
#include <array>
#include <charconv>

#include "lib/antispam/rules/load_state.hpp"
#include "lib/antispam/rules/value_readers.hpp"
#include "lib/base/ip_address.hpp"

namespace postern::antispam {
namespace {

constexpr std::size_t max_uri_detail_size = 16 * 1024;  // octets of a line; criteria overlap

KeyOutcome read_mime_header(LoadState& state, std::string_view value) {
  const auto [name, rest] = first_word(value);
  if (!is_rule_name(name) || rest.empty()) return KeyOutcome::invalid;
  const std::size_t sign = std::min(rest.find("=~"), rest.find("!~"));
  const std::string_view header = trim_end(rest.substr(0, sign));
  const std::string_view field = header.substr(0, header.find(':'));
  const std::string_view modifier = header.substr(field.size());
  if (sign == rest.npos || field.empty() || !(modifier.size() < 2 || modifier == ":raw") ||
      std::any_of(field.begin(), field.end(), is_perl_space)) {
    return KeyOutcome::invalid;
  }
  HeaderTest test;
  test.header.name = field;
  if (modifier == ":raw") test.header.modifiers = {"raw"};
  test.negated = rest[sign] == '!';
  test.of_parts = true;
  std::string_view text = trim_start(rest.substr(sign + 2));
  if (text.empty()) return KeyOutcome::invalid;
  test.if_unset = take_if_unset(text);
  const auto regex = state.pattern(name, text);
  if (!regex) return KeyOutcome::done;
  test.pattern = regex->pattern;
  define_pattern(state, name, std::move(test), *regex);
  return KeyOutcome::done;
}

// A number in decimal or hexadecimal, or an IPv4 address as one; nothing: it is none of these.
std::optional<std::uint64_t> subtest_number(std::string_view text) {
  std::uint64_t number = 0;
  const bool is_hex = text.starts_with("0x");
  const std::string_view digits = text.substr(is_hex ? 2 : 0);
  if (const auto address = parse_ip_address(text); address && address->is_v4()) {
    for (int i = 0; i < 4; ++i)
      number = number << 8 | address->bytes()[static_cast<std::size_t>(i)];
    return number;
  }
  if (digits.empty() || digits.size() > (is_hex ? 8U : 10U)) return std::nullopt;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), number, is_hex ? 16 : 10);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

// "N", "N-M", "N/M"; an address alone is the range of itself. In decimal.
std::optional<std::string> canonical_subtest(std::string_view text) {
  const std::size_t sign = text.find_first_of("/-");
  const std::string_view head = text.substr(0, sign);
  const auto first = subtest_number(head);
  if (!first) return std::nullopt;
  // A number in decimal stays as it is written.
  const auto written = [](std::string_view word, std::uint64_t number) {
    return are_digits(word) ? std::string(word) : std::to_string(number);
  };
  std::string out = written(head, *first);
  if (sign == text.npos) {
    return head.find('.') != head.npos ? out + "-" + out : out;
  }
  const std::string_view tail = text.substr(sign + 1);
  const auto second = subtest_number(tail);
  if (!second) return std::nullopt;
  return out + text[sign] + written(tail, *second);
}

// uridnsbl NAME ZONE TYPE, uridnssub NAME ZONE TYPE SUBTEST
KeyOutcome read_uri_list(LoadState& state, std::string_view directive, std::string_view value) {
  if (value.empty()) return KeyOutcome::missing;
  const auto words = words_of(value);
  const bool has_subtest = directive.ends_with("sub");
  if (words.size() != (has_subtest ? 4U : 3U) ||
      !std::all_of(words[0].begin(), words[0].end(), is_word_char)) {
    return KeyOutcome::invalid;
  }
  UriListTest test;
  test.directive = directive;
  test.zone = words[1].ends_with('.') ? words[1].substr(0, words[1].size() - 1) : words[1];
  test.type = words[2];
  if (has_subtest) {
    const auto subtest = canonical_subtest(words[3]);
    if (!subtest) return KeyOutcome::invalid;
    test.subtest = *subtest;
  }
  state.uri_lists.insert_or_assign(std::string(words[0]), std::move(test));
  return KeyOutcome::done;
}

constexpr auto uri_list_directives =
    std::to_array<std::string_view>({"uridnsbl", "uridnssub", "urirhsbl", "urirhssub", "urinsrhsbl",
                                     "urinsrhssub", "urifullnsrhsbl", "urifullnsrhssub"});

template <std::size_t Number>
KeyOutcome read_uri_list_of(LoadState& state, std::string_view value) {
  return read_uri_list(state, uri_list_directives[Number], value);
}

bool is_dns_type(std::string_view type) {
  constexpr auto types = std::to_array<std::string_view>(
      {"ANY", "A",        "AAAA",  "MX",    "TXT",   "PTR",   "NAPTR",      "NS",
       "SOA", "CERT",     "CNAME", "DNAME", "DHCID", "HINFO", "MINFO",      "RP",
       "HIP", "IPSECKEY", "KX",    "LOC",   "GPOS",  "SRV",   "OPENPGPKEY", "SSHFP",
       "SPF", "TLSA",     "URI",   "CAA",   "CSYNC"});
  return std::find(types.begin(), types.end(), type) != types.end();
}

// Of askdns: a pattern, a quoted text, "[NXDOMAIN,2]", or a number as above.
bool is_dns_filter(std::string_view text) {
  const bool is_quoted = text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
                         text.back() == text.front();
  const bool is_list = text.starts_with('[') && text.ends_with(']') && text.size() > 2;
  return text.starts_with('/') || text.starts_with('m') || is_quoted || is_list ||
         canonical_subtest(text);
}

KeyOutcome read_ask_dns(LoadState& state, std::string_view value) {
  if (value.empty()) return KeyOutcome::missing;
  const auto [name, rest] = first_word(value);
  const auto [name_template, after_name] = first_word(rest);
  const auto [types, filter] = first_word(after_name);
  AskDnsTest test;
  test.name_template = name_template;
  test.filter = filter;
  for (std::string_view left = types.empty() ? "A" : types; !left.empty();) {
    const std::size_t comma = left.find(',');
    std::string type(left.substr(0, comma));
    std::transform(type.begin(), type.end(), type.begin(),
                   [](char c) { return ascii::is_alpha(c) ? static_cast<char>(c & ~0x20) : c; });
    if (!is_dns_type(type)) return KeyOutcome::invalid;
    test.types.push_back(std::move(type));
    left = comma == left.npos ? std::string_view() : left.substr(comma + 1);
  }
  if (name_template.empty() || test.types.empty()) return KeyOutcome::invalid;
  if (!filter.empty() && !is_dns_filter(filter)) return KeyOutcome::invalid;
  if ((filter.starts_with('/') || filter.starts_with('m')) && !state.pattern(name, filter)) {
    return KeyOutcome::done;
  }
  Definition definition;
  definition.test = std::move(test);
  state.define(name, std::move(definition));
  return KeyOutcome::done;
}

// The end of "/…/mods" or "m!…!mods" at the start, where a blank or the end follows; 0: none.
std::size_t criterion_pattern_size(std::string_view text) {
  std::size_t from = 1;
  char end = '/';
  if (text.size() > 2 && text[0] == 'm' && !is_word_char(text[1])) {
    end = text[1];
    from = 2;
  } else if (!text.starts_with('/')) {
    return 0;
  }
  for (std::size_t at = text.find(end, from); at != text.npos; at = text.find(end, at + 1)) {
    std::size_t after = text.find_first_not_of("imsx", at + 1);
    if (after == text.npos) after = text.size();
    if (after == text.size() || is_perl_space(text[after])) return after;
  }
  return 0;
}

bool is_uri_detail_target(std::string_view word) {
  constexpr auto targets =
      std::to_array<std::string_view>({"raw", "type", "cleaned", "text", "domain", "host"});
  return std::find(targets.begin(), targets.end(), word) != targets.end();
}

// The next "WORD =~ /PATTERN/" of `text`, which then begins behind it. Nothing: there is no more.
std::optional<UriDetailTest::Criterion> take_criterion(std::string_view& text) {
  for (std::size_t sign = text.find('~'); sign != text.npos; sign = text.find('~', sign + 1)) {
    if (sign == 0 || (text[sign - 1] != '=' && text[sign - 1] != '!')) continue;
    const std::string_view before = trim_end(text.substr(0, sign - 1));
    std::size_t start = before.size();
    while (start > 0 && is_word_char(before[start - 1])) --start;
    const std::string_view rest = trim_start(text.substr(sign + 1));
    const std::size_t size = criterion_pattern_size(rest);
    if (start == before.size() || size == 0) continue;
    UriDetailTest::Criterion criterion{std::string(before.substr(start)), text[sign - 1] == '!',
                                       std::string(rest.substr(0, size))};
    text = rest.substr(size);
    return criterion;
  }
  return std::nullopt;
}

KeyOutcome read_uri_detail(LoadState& state, std::string_view value) {
  auto [name, rest] = first_word(value);
  if (rest.empty() || rest.size() > max_uri_detail_size) return KeyOutcome::invalid;
  bool has_criteria = false;
  while (auto criterion = take_criterion(rest)) {
    if (!is_uri_detail_target(criterion->target)) return KeyOutcome::invalid;
    const auto regex = state.pattern(name, criterion->pattern);
    if (!regex) return KeyOutcome::done;
    criterion->pattern = regex->pattern;
    // Criteria of an earlier line about the same rule stay, one for each target.
    auto& criteria = state.uri_details[std::string(name)].criteria;
    std::erase_if(criteria, [&](const auto& old) { return old.target == criterion->target; });
    criteria.push_back(std::move(*criterion));
    has_criteria = true;
  }
  if (!has_criteria) return KeyOutcome::invalid;
  Definition definition;
  definition.test = UriDetailTest{};
  state.define(name, std::move(definition));
  return KeyOutcome::done;
}

template <ByName<std::string> ReplaceTags::*Member>
KeyOutcome read_tag(LoadState& state, std::string_view value) {
  const auto [name, text] = first_word(value);
  if (text.empty()) return KeyOutcome::missing;
  (state.replace.*Member).insert_or_assign(std::string(name), std::string(text));
  return KeyOutcome::done;
}

KeyOutcome read_replace_rules(LoadState& state, std::string_view value) {
  if (value.empty()) return KeyOutcome::missing;
  for (const std::string_view rule : words_of(value)) state.replace.rules.emplace(rule);
  return KeyOutcome::done;
}

template <std::string ReplaceTags::*Member>
KeyOutcome read_tag_mark(LoadState& state, std::string_view value) {
  if (value.empty()) return KeyOutcome::missing;
  state.replace.*Member = value;
  return KeyOutcome::done;
}

constexpr std::string_view list_form = "a rule's name, a zone, and A or TXT";
constexpr std::string_view sub_form = "a rule's name, a zone, A or TXT, and a number or mask";
constexpr std::string_view tag_form = "a tag's name and an expression";
constexpr std::string_view uri_plugin = "URIDNSBL";
constexpr std::string_view tags_plugin = "ReplaceTags";

constexpr auto keys = std::to_array<ConfigKey>({
    {"mimeheader", "MIMEHeader", read_mime_header, "a rule's name and HEADER =~ /PATTERN/"},
    {"askdns", "AskDNS", read_ask_dns, "a rule's name, a DNS name, perhaps a type and a filter"},
    {"uri_detail", "URIDetail", read_uri_detail,
     "a rule's name and criteria such as text =~ /PATTERN/; of raw, type, cleaned, text, domain, "
     "host"},
    {"uridnsbl", uri_plugin, read_uri_list_of<0>, list_form},
    {"uridnssub", uri_plugin, read_uri_list_of<1>, sub_form},
    {"urirhsbl", uri_plugin, read_uri_list_of<2>, list_form},
    {"urirhssub", uri_plugin, read_uri_list_of<3>, sub_form},
    {"urinsrhsbl", uri_plugin, read_uri_list_of<4>, list_form},
    {"urinsrhssub", uri_plugin, read_uri_list_of<5>, sub_form},
    {"urifullnsrhsbl", uri_plugin, read_uri_list_of<6>, list_form},
    {"urifullnsrhssub", uri_plugin, read_uri_list_of<7>, sub_form},
    {"replace_tag", tags_plugin, read_tag<&ReplaceTags::tag>, tag_form},
    {"replace_pre", tags_plugin, read_tag<&ReplaceTags::pre>, tag_form},
    {"replace_inter", tags_plugin, read_tag<&ReplaceTags::inter>, tag_form},
    {"replace_post", tags_plugin, read_tag<&ReplaceTags::post>, tag_form},
    {"replace_rules", tags_plugin, read_replace_rules, "names of rules"},
    {"replace_start", tags_plugin, read_tag_mark<&ReplaceTags::start>, text_form},
    {"replace_end", tags_plugin, read_tag_mark<&ReplaceTags::end>, text_form},
});

}  // namespace

std::span<const ConfigKey> plugin_rule_keys() {
  return keys;
}

}  // namespace postern::antispam
