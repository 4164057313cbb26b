#include "lib/mail/imitation.hpp"

#include "lib/mail/message.hpp"
#include "tests/support/catch.hpp"

namespace postern::mail {
namespace {

TEST_CASE("has_mixed_scripts: letters that look alike within one label", "[mail]") {
  CHECK(has_mixed_scripts("l\xd0\xb5git"));   // Cyrillic e
  CHECK(has_mixed_scripts("p\xd0\xb0ypal"));  // Cyrillic a
  CHECK(has_mixed_scripts("\xce\xb1\xd0\xb0"));
  CHECK_FALSE(has_mixed_scripts(""));
  CHECK_FALSE(has_mixed_scripts("legit"));
  CHECK_FALSE(
      has_mixed_scripts("b\xc3\xbc"
                        "cher"));
  CHECK_FALSE(has_mixed_scripts("\xd0\xbf\xd1\x80\xd0\xb8-1"));  // all Cyrillic
  CHECK_FALSE(has_mixed_scripts("\xe4\xbe\x8b\xe5\xad\x90"));    // all Han
  CHECK_FALSE(has_mixed_scripts("a\xff"));
}

// Stands for libidn2.
std::optional<std::string> to_unicode(std::string_view label) {
  if (label == "xn--bad") return std::nullopt;
  return std::string(label == "xn--lgit-v4d" ? "l\xd0\xb5git" : label);
}

std::vector<std::string> found(const std::string& from, const std::string& domain) {
  const std::vector<std::string> domains = {domain};
  return imitations(parse_message("From: " + from + "\r\n\r\n").header, domains, to_unicode);
}

TEST_CASE("imitations: what cannot be seen in From", "[mail]") {
  using Names = std::vector<std::string>;
  CHECK(found("A <a@example.org>", "example.org").empty());
  CHECK(found("a@x", "www.xn--lgit-v4d.example") == Names{"author.mixed scripts"});
  CHECK(found("a@x", "xn--bad.xn--lgit-v4d.example") == Names{"author.mixed scripts"});
  CHECK(found("a@x", "xn--bad.example").empty());
  CHECK(found("\xE2\x80\xAEgro.lagel <a@example.org>", "example.org") == Names{"author.direction"});
  CHECK(found("=?utf-8?B?4oCuZ3Jv?= <a@example.org>", "example.org") == Names{"author.direction"});
}

}  // namespace
}  // namespace postern::mail
