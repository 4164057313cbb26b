#include "lib/antispam/relays/read_relays.hpp"

#include <string>
#include <vector>

#include "lib/base/ip_address.hpp"
#include "tests/support/catch.hpp"

namespace postern::antispam {
namespace {

std::string hop(std::string_view ip, std::string_view with = "ESMTP") {
  return "from a.example (b.example [" + std::string(ip) + "]) by mx.example (Postfix) with " +
         std::string(with) + " id 4F2A91";
}

void add(NetworkList& list, std::string_view network, bool is_exception = false) {
  list.add(*parse_ip_network(network), is_exception);
}

std::string ips(const std::vector<Relay>& relays) {
  std::string text;
  for (const Relay& relay : relays) text += (text.empty() ? "" : " ") + relay.ip;
  return text;
}

TEST_CASE("read_relays: nothing is configured", "[antispam][relays]") {
  const std::vector<std::string> received = {hop("10.0.0.1"), hop("192.0.2.1", "ESMTPSA"),
                                             hop("198.51.100.1"), hop("10.0.0.2")};
  const RelayChain chain = read_relays(received, {}, Options());
  CHECK(ips(chain.trusted) == "10.0.0.1 192.0.2.1");
  CHECK(ips(chain.untrusted) == "198.51.100.1 10.0.0.2");
  CHECK(ips(chain.internal) == "10.0.0.1 192.0.2.1");
  CHECK(chain.last_trusted_index == 1);
  CHECK(chain.unparseable == 0);
}

TEST_CASE("read_relays: trusted, internal, and MSA networks", "[antispam][relays]") {
  Options options;
  add(options.trusted_networks, "192.0.2.9", true);
  add(options.trusted_networks, "192.0.2.0/24");
  add(options.internal_networks, "192.0.2.0/28");
  const std::vector<std::string> received = {hop("127.0.0.1"), hop("192.0.2.1"), hop("192.0.2.77"),
                                             hop("192.0.2.1"), hop("192.0.2.9")};
  SECTION("an exception ends trust; what left the inner networks does not come back") {
    const RelayChain chain = read_relays(received, {}, options);
    CHECK(ips(chain.trusted) == "127.0.0.1 192.0.2.1 192.0.2.77 192.0.2.1");
    CHECK(ips(chain.internal) == "127.0.0.1 192.0.2.1");
    CHECK(ips(chain.untrusted) == "192.0.2.9");
  }
  SECTION("behind an MSA everything is as the MSA") {
    add(options.msa_networks, "192.0.2.1");
    const RelayChain chain = read_relays(received, {}, options);
    CHECK(chain.untrusted.empty());
    CHECK(chain.external.empty());
    CHECK(chain.trusted[1].text().ends_with("auth= msa=1 ]"));
  }
}

TEST_CASE("read_relays: fields that are no relay, and mail that was fetched",
          "[antispam][relays]") {
  const std::vector<std::string> received = {"from unheard of", hop("10.0.0.1"),
                                             "from p.example (192.0.2.1) by h with POP3",
                                             hop("10.0.0.3")};
  const RelayChain chain = read_relays(received, {}, Options());
  CHECK(chain.unparseable == 1);
  CHECK(ips(chain.trusted) == "10.0.0.3");
  CHECK(ips(chain.all) == "10.0.0.1 10.0.0.3");
  CHECK(chain.last_trusted_index == 3);
}

TEST_CASE("read_relays: the sender of qmail-scanner belongs to the next field",
          "[antispam][relays]") {
  const std::vector<std::string> received = {
      "from 192.0.2.1 by h.example (envelope-from <a@b.example>, uid 502) with qmail-scanner-1.24",
      hop("192.0.2.1")};
  CHECK(read_relays(received, {}, Options()).untrusted[0].envfrom == "a@b.example");
}

TEST_CASE("read_relays: originating addresses come last", "[antispam][relays]") {
  const std::vector<std::string> originating = {"none", "[203.0.113.9]"};
  const RelayChain chain = read_relays(std::vector{hop("192.0.2.1")}, originating, Options());
  CHECK(
      relays_text(chain.untrusted)
          .ends_with("[ ip=203.0.113.9 rdns= helo= by= ident= envfrom= intl=0 id= auth= msa=0 ]"));
}

TEST_CASE("NetworkList: the first network that holds an address decides", "[antispam][rules]") {
  NetworkList list;
  CHECK_FALSE(list.is_configured());
  add(list, "192.0.2.0/25", true);
  add(list, "192.0.2.0/24");
  CHECK_FALSE(list.contains(*parse_ip_address("192.0.2.1")));
  CHECK(list.contains(*parse_ip_address("192.0.2.129")));
  CHECK(list.contains(*parse_ip_address("::ffff:192.0.2.129")));
  CHECK_FALSE(list.contains(*parse_ip_address("2001:db8::1")));
  add(list, "::/0");
  CHECK(list.contains(*parse_ip_address("203.0.113.1")));
}

}  // namespace
}  // namespace postern::antispam
