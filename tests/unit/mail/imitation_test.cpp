#include "lib/mail/imitation.hpp"

#include "lib/mail/message.hpp"
#include "tests/support/catch.hpp"

namespace postern::mail {
namespace {

TEST_CASE("has_mixed_scripts: letters that look alike within one label", "[mail]") {
  CHECK(has_mixed_scripts("xn--lgit-v4d"));  // Cyrillic e in "legit"
  CHECK(has_mixed_scripts("XN--LGIT-V4D"));
  CHECK(has_mixed_scripts("xn--pypal-4ve"));  // Cyrillic a in "paypal"
  CHECK_FALSE(has_mixed_scripts("legit"));
  CHECK_FALSE(has_mixed_scripts("xn--bcher-kva"));  // bücher
  CHECK_FALSE(has_mixed_scripts("xn--e1afmkfd"));   // all Cyrillic
  CHECK_FALSE(has_mixed_scripts("xn--fsqu00a"));    // all Han
  CHECK_FALSE(has_mixed_scripts("xn--"));
  CHECK_FALSE(has_mixed_scripts("xn---"));
  CHECK_FALSE(has_mixed_scripts("xn--a-!"));
  CHECK_FALSE(has_mixed_scripts("xn--" + std::string(59, '9')));
}

std::vector<std::string> found(const std::string& from, const std::string& domain) {
  const std::vector<std::string> domains = {domain};
  return imitations(parse_message("From: " + from + "\r\n\r\n").header, domains);
}

TEST_CASE("imitations: what cannot be seen in From", "[mail]") {
  using Names = std::vector<std::string>;
  CHECK(found("A <a@example.org>", "example.org").empty());
  CHECK(found("a@x", "www.xn--lgit-v4d.example") == Names{"author.mixed scripts"});
  CHECK(found("\xE2\x80\xAEgro.lagel <a@example.org>", "example.org") == Names{"author.direction"});
  CHECK(found("=?utf-8?B?4oCuZ3Jv?= <a@example.org>", "example.org") == Names{"author.direction"});
}

}  // namespace
}  // namespace postern::mail
