// Postfix's tables for tests of expansions: text in memory, asked only for what was missing.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/recipients/expand.hpp"

namespace postern::recipients {

struct TableSet {
  Names names;
  std::map<std::string, std::map<std::string, std::string>> tables;  // "!": it fails, and why
  std::vector<Lookup> asked;
  int rounds = 0;

  Expansion run(const std::string& recipient) {
    asked.clear();
    TableAnswers answers;
    for (rounds = 1;; ++rounds) {
      Wants wants(answers);
      const auto expansion = expand(recipient, names, wants);
      if (expansion) return *expansion;
      const std::vector<Lookup> missing = wants.missing();
      if (missing.empty()) return {{}, "waits for nothing"};
      for (const Lookup& lookup : missing) answers.add(lookup, answer(lookup));
    }
  }
  Answer answer(const Lookup& lookup) {
    asked.push_back(lookup);
    const auto& table = tables[lookup.table];
    if (const auto failure = table.find("!"); failure != table.end()) {
      return {Answer::Kind::failed, failure->second};
    }
    const auto found = table.find(lookup.key);
    if (found == table.end()) return {};
    return {Answer::Kind::found, found->second};
  }
  std::vector<std::string> keys_asked_of(const std::string& table) const {
    std::vector<std::string> keys;
    for (const Lookup& lookup : asked) {
      if (lookup.table == table) keys.push_back(lookup.key);
    }
    return keys;
  }
};

/// A host with users of its own (example.org) and virtual domains.
inline TableSet usual_tables() {
  TableSet set;
  set.names.virtual_alias_maps = {"hash:virtual"};
  set.names.alias_maps = {"hash:aliases"};
  set.names.local_domains = {"example.org", "localhost"};
  set.names.origin = "example.org";
  set.names.recipient_delimiter = "+";
  return set;
}

/// Addresses, with "*" behind those that are local; or "problem: why".
inline std::vector<std::string> mailboxes_of(const Expansion& expansion) {
  std::vector<std::string> texts;
  for (const Mailbox& mailbox : expansion.mailboxes) {
    texts.push_back(mailbox.address + (mailbox.is_local ? "*" : ""));
  }
  if (!expansion.problem.empty()) texts.push_back("problem: " + expansion.problem);
  return texts;
}

using Texts = std::vector<std::string>;

inline Texts expand_in(TableSet& set, const std::string& recipient) {
  return mailboxes_of(set.run(recipient));
}

inline bool has_problem(TableSet& set, const std::string& recipient) {
  const Expansion expansion = set.run(recipient);
  return !expansion.problem.empty() && expansion.mailboxes.empty();
}

}  // namespace postern::recipients
