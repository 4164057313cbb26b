#include "lib/antispam/network/hash_rules.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "lib/antispam/evals/arguments.hpp"
#include "lib/antispam/network/hashed_values.hpp"
#include "lib/antispam/network/name_tags.hpp"
#include "lib/antispam/rules/regex_text.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

constexpr std::size_t usual_max = 10;

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

/// "list.example/A" without its type.
std::string zone_of(std::string_view list) {
  if (list.size() > 2 && ascii::equals_ignoring_case(list.substr(list.size() - 2), "/A")) {
    list.remove_suffix(2);
  }
  return std::string(list);
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
                         const RegexSource& regexes, HashRules::HashRule& rule) {
  if (function.name == "check_hashbl_emails") {
    rule.sources = arguments.text(2).empty() ? "ALLFROM/Reply-To/body" : arguments.text(2);
    if (arguments.has(4)) rule.acl = arguments.text(4);
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
  made.zone = zone_of(arguments.text(0));
  made.values = function->values;
  made.options =
      HashOptions(arguments.text(1).empty() ? function->usual_options : arguments.text(1));
  const auto filter = RecordFilter::of_hash_list(arguments.text(function->subtest), regexes);
  if (!filter) return "its subtest is no pattern";
  made.filter = *filter;
  std::string problem = read_special(*function, arguments, regexes, made);
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

void HashRules::run(EvalContext& context, ListInquiry& inquiry, NetworkHits& hits) const {
  const auto& ignored = context.rules.options.hashbl_ignored;
  for (const HashRule& rule : rules_) {
    std::vector<std::string> values = rule.values(rule, context);
    const std::size_t wanted = rule.options.number("max");
    // SpamAssassin takes some by chance where there are more; here it is the first ones.
    values.resize(std::min({values.size(), wanted > 0 ? wanted : usual_max, max_hashed_values}));
    for (const std::string& value : values) {
      if (ignored.contains(ascii::to_lower(value))) continue;
      const std::string hash = hashed(rule, value);
      if (hash.empty() || ignored.contains(ascii::to_lower(hash))) continue;
      const dns::Answer* answer = inquiry.ask(hash + "." + rule.zone, dns::Type::a);
      if (answer == nullptr) continue;
      for (const RecordText& record : record_texts(*answer)) {
        if (rule.filter.accepts(record)) hits.add(rule.rule);
      }
    }
  }
}

}  // namespace postern::antispam
