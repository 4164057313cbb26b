// The cases of the public RFC 7208 test suite, ready to be evaluated.
#pragma once

#include <string>
#include <vector>

#include "lib/spf/check_host.hpp"
#include "tests/support/suite.hpp"

namespace postern::test {

struct SpfTest {
  std::string id;
  spf::Request request;
  std::vector<std::string> results;  ///< The preferred one first.
  bool has_explanation = false;      ///< Whether the suite judges the explanation.
  std::string explanation;           ///< "DEFAULT" is that of the receiver.

  /// The suite's answers in the form of answer().
  [[nodiscard]] std::vector<std::string> expected() const;
  /// A result and the explanation, if that is judged: `fail "text"`.
  [[nodiscard]] std::string answer(const std::string& result, const std::string& said) const;
};

/// Several tests over one zone.
struct SpfScenario {
  dns::Zone zone;
  std::vector<SpfTest> tests;

  [[nodiscard]] dns::Answer lookup(const dns::Question& question) const;
};

[[nodiscard]] std::vector<SpfScenario> read_spf_suite(const Json& suite);

}  // namespace postern::test
