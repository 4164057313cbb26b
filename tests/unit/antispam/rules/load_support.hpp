// A configuration of one text, as tests of lib/antispam/rules write it.
#pragma once

#include <string>

#include "lib/antispam/rules/load.hpp"
#include "tests/support/catch.hpp"

namespace postern::antispam::test {

inline RuleSet loaded(const std::string& text, const LoadOptions& options = {}) {
  std::string plugins;
  for (const char* name : {"ReplaceTags", "MIMEHeader", "AskDNS", "URIDNSBL", "URIDetail", "DKIM",
                           "SPF", "FreeMail", "HashBL", "HTMLEval", "WelcomeListSubject"}) {
    plugins += std::string("loadplugin Mail::SpamAssassin::Plugin::") + name + "\n";
  }
  return load_rules({{"init.pre", plugins}, {"test.cf", text}}, options);
}

inline const Rule& rule(const RuleSet& set, std::string_view name) {
  const auto index = set.find(name);
  INFO("rule " << name);
  REQUIRE(index);
  return set.rules[*index];
}

template <typename Test>
const Test& test_of(const RuleSet& set, std::string_view name) {
  const auto* test = std::get_if<Test>(&rule(set, name).test);
  INFO("test of " << name);
  REQUIRE(test != nullptr);
  return *test;
}

/// "LINE: text" of each warning, in one text.
inline std::string warnings(const RuleSet& set) {
  std::string all;
  for (const RuleWarning& warning : set.warnings) {
    all += std::to_string(warning.source.line) + ": " + warning.text + "\n";
  }
  return all;
}

}  // namespace postern::antispam::test
