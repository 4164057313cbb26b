// The RFC 9989 evaluation cases, ready to be evaluated.
#pragma once

#include <string>
#include <vector>

#include "lib/dmarc/evaluate.hpp"
#include "tests/oracles/suite.hpp"

namespace postern::oracle {

struct DmarcTest {
  std::string id;
  dns::Zone zone;
  dmarc::Request request;
  std::string spf_helo_domain;  ///< Whose HELO identity passed SPF; empty if none did.
  std::string result;
  std::string policy;  ///< Empty where the suite does not say.

  [[nodiscard]] dns::Answer lookup(const dns::Question& question) const {
    return zone.lookup(question);
  }
  /// What both sides can be asked: the result, and of a failure the policy to apply, if the suite
  /// says it: "pass", "fail reject".
  [[nodiscard]] std::string answer(const std::string& said, const std::string& policy_said) const;
  [[nodiscard]] std::string expected() const { return answer(result, policy); }
};

[[nodiscard]] std::vector<DmarcTest> read_dmarc_suite(const Json& suite);

}  // namespace postern::oracle
