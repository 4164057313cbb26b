#include "lib/antispam/network/hash_rules.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "lib/antispam/evals/arguments.hpp"
#include "lib/antispam/network/chosen.hpp"
#include "lib/antispam/network/hashed_values.hpp"
#include "lib/antispam/network/hit_texts.hpp"
#include "lib/antispam/network/name_tags.hpp"
#include "lib/antispam/rules/regex_text.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

constexpr std::size_t usual_max = 10;
constexpr std::size_t max_ignored_size = 1'000;

/// What is asked for, by rule; of one message.
struct HashLabels {
  std::vector<std::vector<HashRules::Label>> by_rule;
};

std::string hex_of(std::string_view octets) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char c : octets) {
    const auto octet = static_cast<unsigned char>(c);
    text += {digits[octet >> 4U], digits[octet & 15U]};
  }
  return text;
}

/// In lower case, without padding (RFC 4648 §6).
std::string base32_of(std::string_view octets) {
  constexpr std::string_view digits = "abcdefghijklmnopqrstuvwxyz234567";
  std::string text;
  unsigned bits = 0;
  unsigned held = 0;
  for (const char c : octets) {
    held = (held << 8U | static_cast<unsigned char>(c)) & 0xfffU;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += digits[held >> (bits - 5) & 31U];
  }
  if (bits > 0) text += digits[held << (5 - bits) & 31U];
  return text;
}

bool is_label(std::string_view tld) {
  return std::all_of(tld.begin(), tld.end(), [](char c) {
    return ascii::is_alnum(c) || c == '-' || static_cast<unsigned char>(c) >= 0x80;
  });
}

struct HashFunction {
  std::string_view name;
  std::size_t subtest;  ///< Its place among the arguments.
  std::string_view usual_options;
  std::vector<std::string> (*values)(const HashRules::HashRule&, EvalContext&);
};

constexpr std::string_view few = "sha1/max=10/shuffle";
constexpr auto functions = std::to_array<HashFunction>({
    {"check_hashbl_attachments", 2, few, hashed_attachments},
    {"check_hashbl_bodyre", 3, few, hashed_matches},
    {"check_hashbl_emails", 3, "sha1/notag/noquote/max=10/shuffle", hashed_emails},
    {"check_hashbl_tag", 3, few, hashed_tags},
    {"check_hashbl_uris", 2, few, hashed_uris},
});

/// "list.example/A", "list.example/TXT", "list.example". \return Why the rule never asks.
std::string read_list(std::string_view list, HashRules::HashRule& rule) {
  const std::size_t slash = list.find('/');
  rule.zone = list.substr(0, slash);
  if (slash == list.npos) return {};
  const std::string_view type = list.substr(slash + 1);
  if (ascii::equals_ignoring_case(type, "A")) return {};
  rule.type = dns::Type::txt;
  if (ascii::equals_ignoring_case(type, "TXT")) return {};
  return "records of type " + std::string(type) + " are not asked for; write /A or /TXT";
}

/// "_TLDS_" is any top-level domain.
std::string with_tlds(std::string pattern, const Options& options) {
  constexpr std::string_view mark = "_TLDS_";
  if (pattern.find(mark) == pattern.npos) return pattern;
  std::string tlds;
  for (const auto& tld : options.tlds) {
    if (is_label(tld)) tlds.append(tlds.empty() ? "" : "|").append(tld);
  }
  tlds = tlds.empty() ? "(?!)" : "(?i:(?<![a-z0-9-])(?:" + tlds + ")(?![a-z0-9-]|\\.[a-z0-9]))";
  for (std::size_t at = 0; (at = pattern.find(mark, at)) != pattern.npos; at += tlds.size()) {
    pattern.replace(at, mark.size(), tlds);
  }
  return pattern;
}

/// \return Why the rule never asks.
std::string read_email_patterns(const Options& options, const RegexSource& regexes,
                                HashRules::HashRule& rule) {
  if (!options.hashbl_email_pattern.empty()) {
    rule.email = regexes.regex(with_tlds(options.hashbl_email_pattern, options));
    if (rule.email == nullptr) return "hashbl_email_regex is no pattern";
  }
  if (!options.hashbl_welcome_pattern.empty()) {
    rule.welcome = regexes.regex(with_tlds(options.hashbl_welcome_pattern, options));
    // Nobody whom it exempts may be told: without it nothing is asked.
    if (rule.welcome == nullptr) return "hashbl_email_welcomelist is no pattern";
  }
  return {};
}

std::string tag_of(std::string_view text) {
  if (text.size() > 2 && text.front() == '_' && text.back() == '_') {
    text = text.substr(1, text.size() - 2);
  }
  std::string tag(text);
  std::transform(tag.begin(), tag.end(), tag.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return tag;
}

/// Arguments of single functions. \return Why the rule never asks.
std::string read_special(const HashFunction& function, const Arguments& arguments,
                         const RegexSource& regexes, const Options& options,
                         HashRules::HashRule& rule) {
  if (function.name == "check_hashbl_uris") {
    rule.worth = Worth::link;
  } else if (function.name == "check_hashbl_emails") {
    rule.sources = arguments.text(2).empty() ? "ALLFROM/Reply-To/body" : arguments.text(2);
    if (arguments.has(4)) rule.acl = arguments.text(4);
    return read_email_patterns(options, regexes, rule);
  } else if (function.name == "check_hashbl_tag") {
    rule.tag = tag_of(arguments.text(2));
    if (!is_name_tag(rule.tag)) return "no message has a tag _" + rule.tag + "_";
  } else if (function.name == "check_hashbl_bodyre") {
    rule.pattern = regexes.regex(with_perl_quantifiers(arguments.text(2)));
    if (arguments.text(2).empty() || rule.pattern == nullptr) return "it needs a pattern";
  }
  return {};
}

}  // namespace

HashOptions::HashOptions(std::string_view text) {
  while (!text.empty()) {
    const std::size_t slash = std::min(text.find('/'), text.size());
    const std::string word = ascii::to_lower(ascii::trim(text.substr(0, slash)));
    const std::size_t sign = word.find('=');
    values_[word.substr(0, sign)] = sign == word.npos ? "1" : word.substr(sign + 1);
    text.remove_prefix(std::min(slash + 1, text.size()));
  }
}

std::size_t HashOptions::number(std::string_view name) const {
  const auto found = values_.find(name);
  std::size_t number = 0;
  if (found != values_.end()) {
    const std::string& text = found->second;
    std::from_chars(text.data(), text.data() + text.size(), number);
  }
  return number;
}

// check_hashbl_…(list, options, …, subtest, …)
std::string HashRules::add(std::size_t index, const Rule& rule, const RegexSource& regexes,
                           const Options& options) {
  const auto* const test = std::get_if<EvalTest>(&rule.test);
  if (test == nullptr) return {};
  const auto* function =
      std::find_if(functions.begin(), functions.end(),
                   [&](const HashFunction& known) { return known.name == test->function; });
  if (function == functions.end()) return {};
  const Arguments arguments(test->arguments);
  if (arguments.text(0).empty()) return "its function needs a list";
  HashRule made;
  made.rule = index;
  made.kind = test->kind;
  made.values = function->values;
  made.options =
      HashOptions(arguments.text(1).empty() ? function->usual_options : arguments.text(1));
  const auto filter = RecordFilter::of_hash_list(arguments.text(function->subtest), regexes);
  if (!filter) return "its subtest is no pattern";
  made.filter = *filter;
  std::string problem = read_list(arguments.text(0), made);
  if (problem.empty()) problem = read_special(*function, arguments, regexes, options, made);
  if (!problem.empty()) return problem;
  const auto has_acl = [&](const auto& entry) { return entry.first == *made.acl; };
  if (made.acl && *made.acl != "all" &&
      std::none_of(options.hashbl_acls.begin(), options.hashbl_acls.end(), has_acl)) {
    return "there is no hashbl_acl_" + *made.acl;
  }
  rules_.push_back(std::move(made));
  return {};
}

std::string HashRules::hashed(const HashRule& rule, std::string_view value) const {
  const HashOptions& options = rule.options;
  if (!options.has("sha256") && !options.has("sha1") && !options.has("md5")) {
    return std::string(value);
  }
  if (digests_ == nullptr) return {};
  if (options.has("sha256")) return base32_of(digests_->sha256(value));
  return hex_of(options.has("sha1") ? digests_->sha1(value) : digests_->md5(value));
}

std::vector<HashRules::Label> HashRules::labels(const HashRule& rule, EvalContext& context) const {
  const auto& ignored = context.rules.options.hashbl_ignored;
  const auto is_ignored = [&](const std::string& text) {
    // Not the whole of an attachment: what is ignored is a word.
    return text.size() <= max_ignored_size && ignored.contains(ascii::to_lower(text));
  };
  std::vector<std::string> values = rule.values(rule, context);
  const std::size_t wanted = rule.options.number("max");
  const std::size_t limit = std::min(wanted > 0 ? wanted : usual_max, max_hashed_values);
  if (rule.options.has("shuffle")) keep_chosen(values, limit, context.secret);
  values.resize(std::min(values.size(), limit));
  std::vector<Label> found;
  for (const std::string& value : values) {
    if (is_ignored(value)) continue;
    std::string hash = hashed(rule, value);
    if (hash.empty() || is_ignored(hash)) continue;
    std::string text = rule.values == hashed_attachments ? hash : hashed_text(value);
    found.push_back({std::move(hash), std::move(text)});
  }
  return found;
}

void HashRules::run(EvalContext& context, ListInquiry& inquiry, NetworkHits& hits) const {
  auto& made = context.memory.get<HashLabels>();
  for (std::size_t i = made.by_rule.size(); i < rules_.size(); ++i) {
    made.by_rule.push_back(labels(rules_[i], context));
  }
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const HashRule& rule = rules_[i];
    for (const auto& [label, text] : made.by_rule[i]) {
      const dns::Answer* answer =
          inquiry.ask(label + "." + rule.zone, rule.type, {rule.rule, rule.worth}, rule.zone);
      if (answer == nullptr) continue;
      for (const RecordText& record : record_texts(*answer)) {
        if (rule.filter.accepts(record)) add_hit(context, hits, rule.rule, text);
      }
    }
  }
}

}  // namespace postern::antispam
