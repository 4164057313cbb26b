// A configuration, a message, and a zone: what hits, and what is asked.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/engine/regex_cache.hpp"
#include "lib/antispam/message/environment.hpp"
#include "lib/antispam/network/network_rules.hpp"
#include "lib/antispam/rules/load.hpp"
#include "lib/dns/zone.hpp"
#include "lib/io/iconv/strict_charsets.hpp"
#include "lib/io/idn2/to_ascii_domain.hpp"
#include "lib/io/openssl/openssl_digests.hpp"
#include "lib/io/pcre2/pcre2_compiler.hpp"
#include "tests/support/catch.hpp"

namespace postern::antispam {

inline constexpr std::string_view trial_plugins =
    "loadplugin Mail::SpamAssassin::Plugin::DNSEval\n"
    "loadplugin Mail::SpamAssassin::Plugin::URIDNSBL\n"
    "loadplugin Mail::SpamAssassin::Plugin::AskDNS\n"
    "loadplugin Mail::SpamAssassin::Plugin::HashBL\n"
    "util_rb_tld com net org\n";
inline constexpr std::string_view message_text =
    "Received: from last.spam.com (last.spam.com [203.0.113.7]) by mx.we.org; "
    "Mon, 3 May 2010 06:08:01 +0000\n"
    "Received: from first.spam.net (first.spam.net [198.51.100.9]) by last.spam.com; "
    "Mon, 3 May 2010 06:08:00 +0000\n"
    "From: Author <author@sender.spam.com>\nSubject: x\n\n"
    "See http://www.shop.com/x and http://203.0.113.99/y, or write to joe@mail.org now.\n";

/// A configuration, a message, and a zone; what hits.
struct Trial {
  std::string rules;
  std::string zone = "{}";
  std::string message = std::string(message_text);
  std::vector<std::string> left_alone = {};
  AuthenticationFacts facts = {};
  std::vector<std::string> recipients = {};
  std::string own_host = {};
  Secret secret = {};
  std::size_t max_questions = usual_list_questions;
  std::size_t rounds_answered = 100;  ///< Then the rest is not asked: a limit elsewhere.

  struct Found {
    std::vector<std::string> hits, asked, warnings, unasked;
    std::vector<std::vector<std::string>> rounds;  ///< What was asked, in order.
    ListReport report;
  };

  [[nodiscard]] Found run() const {
    const RuleSet set = load_rules({{"t.cf", std::string(trial_plugins) + rules}}, {});
    const io::Pcre2Compiler compiler;
    const io::EncodeCharsets charsets;
    const io::OpensslDigests digests;
    const RegexCache regexes(compiler);
    const RegistryBoundaries boundaries(set.options, io::to_ascii_domain);
    const std::vector<const Regex*> redirectors;
    const RenderEnvironment environment{set.options, boundaries, redirectors, charsets};
    RenderedMessage rendered(message, environment);
    EvalMemory memory;
    EvalContext context{set, rendered, memory,     regexes,  &facts, std::nullopt,
                        0,   {},       recipients, own_host, secret};
    const NetworkRules network(set, regexes, 1, &digests);
    const auto records = dns::parse_zone(zone);
    REQUIRE(records);
    Found found;
    for (const RuleWarning& warning : network.warnings()) found.warnings.push_back(warning.text);
    dns::Answers answers;
    while (true) {
      NetworkFindings so_far = network.find(context, answers, {left_alone, max_questions});
      if (so_far.missing.empty()) {
        for (const auto& [rule, value] : so_far.hits.values) {
          found.hits.push_back(set.rules[rule].name);
        }
        for (const std::size_t rule : so_far.unasked) {
          found.unasked.push_back(set.rules[rule].name);
        }
        found.report = std::move(so_far.report);
        return found;
      }
      found.rounds.emplace_back();
      for (const dns::Question& question : so_far.missing) {
        found.asked.push_back(question.name);
        found.rounds.back().push_back(question.name);
        dns::Answer answer = records->lookup(question);
        if (found.rounds.size() > rounds_answered) answer.status = dns::Status::not_asked;
        answers.add(question, std::move(answer));
      }
    }
  }
};

using Names = std::vector<std::string>;

inline bool has(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace postern::antispam
