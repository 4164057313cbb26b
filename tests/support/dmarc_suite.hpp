// The RFC 9989 evaluation cases, ready to be evaluated.
#pragma once

#include <string>
#include <vector>

#include "lib/dmarc/evaluate.hpp"
#include "tests/support/suite.hpp"

namespace postern::test {

struct DmarcTest {
  std::string id;
  dns::Zone zone;
  dmarc::Request request;
  std::string spf_helo_domain;  ///< Whose HELO identity passed SPF; empty if none did.
  Json expect;  ///< "result", and where the suite says more, "policy", "org_domain", and so on.

  [[nodiscard]] dns::Answer lookup(const dns::Question& question) const {
    return zone.lookup(question);
  }
};

[[nodiscard]] std::vector<DmarcTest> read_dmarc_suite(const Json& suite);

}  // namespace postern::test
