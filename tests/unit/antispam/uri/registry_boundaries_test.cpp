#include "lib/antispam/uri/registry_boundaries.hpp"

#include <string>
#include <utility>

#include "tests/support/catch.hpp"

namespace postern::antispam {
namespace {

Options some_options() {
  Options options;
  options.tlds = {"com", "org", "uk", "us", "xn--p1ai"};
  options.two_level_tlds = {"co.uk"};
  options.three_level_tlds = {"demon.co.uk"};
  return options;
}

// All as SpamAssassin's RegistryBoundaries.
TEST_CASE("trim_domain: the part that somebody registered", "[antispam][uri]") {
  const Options options = some_options();
  const RegistryBoundaries boundaries(options);
  const std::pair<std::string, std::string> examples[] = {
      {"www.example.com", "example.com"},
      {"WWW..Example.COM.", "example.com"},
      {"example.com", "example.com"},
      {"a.b.example.co.uk", "example.co.uk"},
      {"a.x.demon.co.uk", "x.demon.co.uk"},
      {"co.uk", "co.uk"},
      {"www.city.ca.us", "www.city.ca.us"},
      {"a.www.city.la.ca.us", "city.la.ca.us"},
      {"www.school.pvt.k12.ca.us", "school.pvt.k12.ca.us"},
      {"fire.ci.la.ca.us", "fire.ci.la.ca.us"},
      {"com", "com"},
      {"a.unknown", "a.unknown"},
  };
  for (const auto& [host, domain] : examples) {
    INFO(host);
    CHECK(boundaries.trim_domain(host) == domain);
  }
}

TEST_CASE("is_domain_valid, is_fqdn_valid", "[antispam][uri]") {
  const Options options = some_options();
  const RegistryBoundaries boundaries(options);
  CHECK(boundaries.is_domain_valid("EXAMPLE.COM"));
  CHECK(boundaries.is_domain_valid("#!.xn--p1ai"));
  CHECK_FALSE(boundaries.is_domain_valid("com"));
  CHECK_FALSE(boundaries.is_domain_valid("a b.com"));
  CHECK_FALSE(boundaries.is_domain_valid("example.com."));
  CHECK(RegistryBoundaries::is_fqdn_valid("a_b.example.com."));
  CHECK_FALSE(RegistryBoundaries::is_fqdn_valid("a_b.com"));
  CHECK_FALSE(RegistryBoundaries::is_fqdn_valid("-a.com"));
  CHECK_FALSE(RegistryBoundaries::is_fqdn_valid("com"));
  CHECK_FALSE(RegistryBoundaries::is_fqdn_valid("a..com"));
  CHECK_FALSE(RegistryBoundaries::is_fqdn_valid(std::string(64, 'a') + ".com"));
}

TEST_CASE("host_and_domain: of any URI", "[antispam][uri]") {
  using Pair = std::pair<std::string, std::string>;
  const Options options = some_options();
  const RegistryBoundaries boundaries(options);
  CHECK(boundaries.host_and_domain("HTTP://u:p@www.Example.com:80/x?y#z") ==
        Pair("www.example.com", "example.com"));
  CHECK(boundaries.host_and_domain("mailto:ann@mail.example.org?subject=x@y") ==
        Pair("mail.example.org", "example.org"));
  CHECK(boundaries.host_and_domain("http://192.0.2.1/") == Pair("192.0.2.1", "192.0.2.1"));
  CHECK(boundaries.host_and_domain("cid:a@example.org") == Pair());
  CHECK(boundaries.host_and_domain("http://ex%61mple.org/") == Pair());
  CHECK(boundaries.host_and_domain("http://example.invalid/") == Pair());
}

}  // namespace
}  // namespace postern::antispam
