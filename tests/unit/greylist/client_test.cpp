// Who is suspicious, who is trusted, and who a client counts as.
#include "lib/greylist/client.hpp"

#include <functional>

#include "tests/support/catch.hpp"

namespace postern::greylist {
namespace {

using authres::Result;

Settings settings() {
  const auto loaded = config::load(settings_table(), config::Document());
  REQUIRE(loaded.has_value());
  return *loaded;
}

// A server of a large provider of whom nothing is known yet.
Client provider() {
  Client client;
  client.ip = *parse_ip_address("192.0.2.25");
  client.name_state = ClientName::confirmed;
  client.name = "out7.mail.provider.example";
  client.name_domain = "provider.example";
  client.helo = Helo::resolves;
  client.spf = Result::pass;
  client.spf_domain = "bounces.provider.example";
  client.spf_organization = "provider.example";
  client.suspicious_score = 2;
  return client;
}

struct Case {
  std::string what;
  std::function<void(Client&)> change;
  std::string signs;
};

TEST_CASE("suspicion: signs of a client that may never come again", "[greylist]") {
  const std::vector<Case> cases = {
      {"a login code of a provider nobody knows here", [](Client&) {}, ""},
      {"no PTR", [](Client& c) { c.name_state = ClientName::missing; }, "no PTR record"},
      {"forged PTR", [](Client& c) { c.name_state = ClientName::unconfirmed; },
       "PTR name not confirmed"},
      {"DNS fails for PTR", [](Client& c) { c.name_state = ClientName::unknown; }, ""},
      {"DNS fails for HELO", [](Client& c) { c.helo = Helo::unknown; }, ""},
      {"no HELO", [](Client& c) { c.helo = Helo::missing; }, "no HELO"},
      {"literal", [](Client& c) { c.helo = Helo::literal; }, "HELO is an address"},
      {"our name", [](Client& c) { c.helo = Helo::own; }, "HELO is our name"},
      {"unqualified", [](Client& c) { c.helo = Helo::unqualified; }, "HELO is no host name"},
      {"unresolved", [](Client& c) { c.helo = Helo::unresolved; }, "HELO does not resolve"},
      {"below the score", [](Client& c) { c.dnslist_score = 1.9; }, ""},
      {"listed", [](Client& c) { c.dnslist_score = 2; }, "in DNS lists"},
      {"bad", [](Client& c) { c.reputation = -0.3; }, "bad reputation"},
      {"not so bad", [](Client& c) { c.reputation = -0.29; }, ""},
      {"stranger without SPF", [](Client& c) { c.spf = Result::none; }, "unknown client, SPF none"},
      {"DNS fails for SPF", [](Client& c) { c.spf = Result::temperror; }, ""},
      {"stranger whose SPF fails", [](Client& c) { c.spf = Result::fail; },
       "unknown client, SPF fail"},
      {"good reputation without SPF",
       [](Client& c) {
         c.spf = Result::none;
         c.reputation = 0.3;
       },
       ""},
      {"two signs",
       [](Client& c) {
         c.name_state = ClientName::missing;
         c.helo = Helo::literal;
       },
       "no PTR record, HELO is an address"},
  };
  for (const Case& one : cases) {
    INFO(one.what);
    Client client = provider();
    one.change(client);
    CHECK(suspicion(client, settings()) == one.signs);
  }
}

TEST_CASE("suspicion: a threshold of 0 does not make everybody listed", "[greylist]") {
  Client client = provider();
  client.suspicious_score = 0;
  CHECK(suspicion(client, settings()).empty());
  CHECK(trust(client, settings()).empty());
}

TEST_CASE("trust: allow lists, and SPF with good reputation", "[greylist]") {
  Client client = provider();
  CHECK(trust(client, settings()).empty());
  client.dnslist_score = -2;
  CHECK(trust(client, settings()) == "in an allow list");
  client.dnslist_score = -1;
  client.reputation = 0.5;
  CHECK(trust(client, settings()) == "SPF pass and good reputation");
  client.spf = Result::softfail;
  CHECK(trust(client, settings()).empty());
}

TEST_CASE("identity: SPF domain, else name, else network", "[greylist]") {
  Client client = provider();
  CHECK(identity(client) == "spf:provider.example");
  client.spf = Result::none;
  CHECK(identity(client) == "name:provider.example");
  client.name_domain = client.name;  // no DMARC record anywhere above
  CHECK(identity(client) == "name:mail.provider.example");
  client.name = client.name_domain = "mx.example";
  CHECK(identity(client) == "name:mx.example");
  client.name = "host-192-0-2-25.dialup.example";
  CHECK(identity(client) == "net:192.0.2.0/24");
  client.name_state = ClientName::missing;
  client.name.clear();
  CHECK(identity(client) == "net:192.0.2.0/24");
  client.ip = *parse_ip_address("2001:db8:1:2:3:4:5:6");
  CHECK(identity(client) == "net:2001:db8:1:2::/64");
}

TEST_CASE("spells_address: names of customers, not of servers", "[greylist]") {
  const auto [name, ip, spells] = GENERATE(table<std::string, std::string, bool>({
      {"host-192-0-2-25.dialup.example", "192.0.2.25", true},
      {"25.2.0.192.pool.example", "192.0.2.25", true},
      {"p2-25.pool.example", "192.0.2.25", true},
      {"c0000219.dsl.example", "192.0.2.25", true},
      {"C0-00-02-19.dsl.example", "192.0.2.25", true},
      {"mail25.example.org", "192.0.2.25", false},
      {"mx2.example25.org", "192.0.2.25", true},  // rather once too often
      {"smtp.example.org", "192.0.2.25", false},
      {"99999999999999999999999999-2.example", "192.0.2.25", false},
      {"h00050006.example", "2001:db8::5:6", true},
      {"mx5-6.example", "2001:db8::5:6", false},
  }));
  INFO(name);
  CHECK(spells_address(name, *parse_ip_address(ip)) == spells);
}

}  // namespace
}  // namespace postern::greylist
