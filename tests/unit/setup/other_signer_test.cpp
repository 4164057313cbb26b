#include "lib/setup/other_signer.hpp"

#include "tests/support/catch.hpp"

namespace postern::setup {
namespace {

using Catch::Matchers::Contains;

constexpr const char* queue = "/var/spool/postfix";
constexpr const char* signing =
    "# comment\nSocket inet:9000@localhost\nKeyTable refile:/etc/dkim/table\n";

TEST_CASE("why_it_signs: OpenDKIM's configuration decides about its socket", "[setup]") {
  CHECK_THAT(why_it_signs("inet:127.0.0.1:9000", signing, queue),
             Contains("/etc/opendkim.conf has OpenDKIM sign there (Mode sv)"));
  CHECK(why_it_signs("inet:127.0.0.1:9001", signing, queue).empty());
  // As Debian ships it: no key, so that it only verifies, whatever its socket is called.
  const std::string stock = "Socket local:/run/opendkim/opendkim.sock\nMode sv\n";
  CHECK(why_it_signs("unix:/run/opendkim/opendkim.sock", stock, queue).empty());
  const std::string verifier = "SOCKET inet:8891@localhost\nmode v\nKeyFile /k\nDomain a.org\n";
  CHECK(why_it_signs("inet:localhost:8891", verifier, queue).empty());
}

TEST_CASE("why_it_signs: a socket below the queue directory, in the chroot and out of it",
          "[setup]") {
  const std::string text = "Socket local:/var/spool/postfix/opendkim/o.sock\nKeyFile /k\n";
  for (const char* server : {"unix:opendkim/o.sock", "local:/opendkim/o.sock",
                             "unix:/var/spool/postfix/opendkim/o.sock"}) {
    CHECK_THAT(why_it_signs(server, text, queue), Contains("has OpenDKIM sign there"));
  }
}

TEST_CASE("why_it_signs: other milters are guessed by port and name, and it says so", "[setup]") {
  CHECK_THAT(why_it_signs("inet:localhost:8891", "", queue), Contains("port 8891 is the usual"));
  CHECK_THAT(why_it_signs("inet:[::1]:11332", "", queue), Contains("rspamd"));
  CHECK_THAT(why_it_signs("$OpenDKIM_milter", "", queue), Contains("\"dkim\" in its name"));
  CHECK_THAT(why_it_signs("unix:/run/rspamd/milter.sock", "", queue), Contains("\"rspamd\""));
  for (const char* server :
       {"inet:localhost:18891", "inet:localhost:88910", "unix:/run/clamav.sock", "x", ""}) {
    CHECK(why_it_signs(server, "", queue).empty());
  }
  // What an included file says is not known.
  const std::string included = std::string(signing) + "Mode v\nInclude /etc/more\n";
  CHECK(why_it_signs("inet:localhost:9000", included, queue).empty());
  CHECK_FALSE(why_it_signs("inet:localhost:12301", included, queue).empty());
}

}  // namespace
}  // namespace postern::setup
