#include "lib/spf/identity.hpp"

#include "tests/support/catch.hpp"

namespace postern::spf {
namespace {

Request request_of(Scope scope, std::string mail_from, std::string helo) {
  Request request;
  request.scope = scope;
  request.rfc5321_mail_from = std::move(mail_from);
  request.helo = std::move(helo);
  return request;
}

TEST_CASE("find_identity: which domain and local part", "[spf][rfc7208-4.3]") {
  struct Case {
    Scope scope;
    std::string mail_from, helo, local_part, domain;
  };
  const auto c = GENERATE(values<Case>({
      {Scope::mfrom, "User@Example.ORG", "mx.example", "User", "example.org"},
      {Scope::mfrom, "user@example.org.", "mx.example", "user", "example.org"},
      {Scope::mfrom, "@example.org", "mx.example", "postmaster", "example.org"},
      {Scope::mfrom, "", "MX.example", "postmaster", "mx.example"},
      {Scope::mfrom, "\"a b@c\"@example.org", "x", "\"a b@c\"", "example.org"},
      {Scope::mfrom, "@a.example,@b.example:user@c.example", "x", "user", "c.example"},
      {Scope::helo, "user@example.org", "mx.example", "postmaster", "mx.example"},
      {Scope::mfrom, "u@_x.1-2.example", "x", "u", "_x.1-2.example"},
  }));
  INFO(c.mail_from);
  const auto identity = find_identity(request_of(c.scope, c.mail_from, c.helo));
  REQUIRE(identity.has_value());
  CHECK(identity->local_part == c.local_part);
  CHECK(identity->domain == c.domain);
}

TEST_CASE("find_identity: what is no domain", "[spf][security]") {
  struct Case {
    std::string mail_from, problem;
  };
  const auto c = GENERATE(values<Case>({
      {"user", "MAIL FROM has no domain"},
      {"user@", "domain name is empty"},
      {"user@[192.0.2.1]", "address literal in place of a domain"},
      {"@[IPv6:2001:db8::1]", "address literal in place of a domain"},
      {"user@192.0.2.1", "IP address in place of a domain"},
      {"user@localhost", "domain name has a single label"},
      {"user@localhost.", "domain name has a single label"},
      {"user@a..example", "domain name has an empty label"},
      {"user@" + std::string(64, 'a') + ".example", "label of domain is too long"},
      {"user@a b.example", "character that no domain name has"},
  }));
  INFO(c.mail_from);
  const auto identity = find_identity(request_of(Scope::mfrom, c.mail_from, "mx.example"));
  REQUIRE_FALSE(identity.has_value());
  CHECK(identity.error() == c.problem);
}

}  // namespace
}  // namespace postern::spf
