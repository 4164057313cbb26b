// Rules over lists of digests (Mail::SpamAssassin::Plugin::HashBL).
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/evals/eval.hpp"
#include "lib/antispam/network/digests.hpp"
#include "lib/antispam/network/list_inquiry.hpp"
#include "lib/antispam/network/network_hits.hpp"
#include "lib/antispam/network/record_filter.hpp"

namespace postern::antispam {

/// Things of one message that a rule may have looked up, whatever its option "max" says.
constexpr std::size_t max_hashed_values = 64;
/// Matches of a pattern that are looked at for new ones.
constexpr std::size_t max_hash_matches = 1'000;

/// Words of an option string such as "sha1/max=10/notag"; a word without value has "1".
class HashOptions {
 public:
  explicit HashOptions(std::string_view text);
  [[nodiscard]] bool has(std::string_view name) const { return values_.contains(name); }
  [[nodiscard]] std::size_t number(std::string_view name) const;  ///< 0: not there.

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

class HashRules {
 public:
  /// \param digests  Borrowed; nullptr: only rules with the option "raw" ask.
  explicit HashRules(const Digests* digests) : digests_(digests) {}

  /// Takes a rule if it is one of these. \return Why it never asks; empty: it does, or is none.
  std::string add(std::size_t index, const Rule& rule, const RegexSource& regexes,
                  const Options& options);

  /// Asks what all rules need, and adds the hits that the answers so far make.
  void run(EvalContext& context, ListInquiry& inquiry, NetworkHits& hits) const;

  struct HashRule {
    std::size_t rule = 0;
    EvalTest::Kind kind = EvalTest::Kind::header;
    std::string zone;
    dns::Type type = dns::Type::a;
    Worth worth = Worth::other;
    HashOptions options{""};
    RecordFilter filter;
    std::string sources;  ///< check_hashbl_emails: "ALLFROM/Reply-To/body".
    std::string tag;      ///< check_hashbl_tag
    std::optional<std::string> acl;
    const Regex* pattern = nullptr;  ///< check_hashbl_bodyre
    // check_hashbl_emails; nullptr: those of SpamAssassin.
    const Regex* email = nullptr;    ///< hashbl_email_regex
    const Regex* welcome = nullptr;  ///< hashbl_email_welcomelist
    /// What is looked up, in the order of the message.
    std::vector<std::string> (*values)(const HashRule& rule, EvalContext& context) = nullptr;
  };

  /// What is asked for, before the list, and what reports call it.
  struct Label {
    std::string label, text;
  };

 private:
  // Made once for each message.
  [[nodiscard]] std::vector<Label> labels(const HashRule& rule, EvalContext& context) const;
  [[nodiscard]] std::string hashed(const HashRule& rule, std::string_view value) const;

  const Digests* digests_;
  std::vector<HashRule> rules_;
};

}  // namespace postern::antispam
