#include "lib/keyring/record_forms.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/keyring.hpp"

namespace postern::keyring {
namespace {

// What a name server makes of the text: the strings in quotes, joined.
std::string joined(std::string_view text, std::size_t& longest) {
  std::string value;
  longest = 0;
  while (true) {
    const std::size_t begin = text.find('"');
    if (begin == text.npos) return value;
    const std::size_t end = text.find('"', begin + 1);
    longest = std::max(longest, end - begin - 1);
    value += text.substr(begin + 1, end - begin - 1);
    text.remove_prefix(end + 1);
  }
}

TEST_CASE("record_line, record_for_zone: strings of at most 255 octets", "[keyring]") {
  for (const char* selector : {"s1r", "s1e"}) {
    const Key key = test::made_up_key("example.org", selector);
    for (const std::string& text : {record_line(key), record_for_zone(key)}) {
      std::size_t longest = 0;
      CHECK(joined(text, longest) == key.record);
      CHECK(longest <= 255);
      CHECK(text.starts_with(key.record_name() + ". 3600 IN TXT "));
      CHECK(text.ends_with("\n"));
    }
    const std::string line = record_line(key);
    CHECK(std::count(line.begin(), line.end(), '\n') == 1);
    const std::string zone = record_for_zone(key);
    CHECK(std::count(zone.begin(), zone.end(), '(') == 1);
    CHECK(std::count(zone.begin(), zone.end(), ')') == 1);
  }
}

TEST_CASE("record_for_provider: host, type, value, and what goes wrong", "[keyring]") {
  const Key rsa = test::made_up_key("example.org", "s1r");
  const std::string text = record_for_provider(rsa);
  CHECK(text.starts_with("Type   TXT\nHost   s1r._domainkey\nValue  " + rsa.record + "\n"));
  CHECK(text.find("more than 255") != std::string::npos);
  CHECK(record_for_provider(test::made_up_key("example.org", "s1e")).find("more than 255") ==
        std::string::npos);
}

TEST_CASE("wanted_record: a revoked key shows no key", "[keyring]") {
  const Key key = test::made_up_key("example.org", "s1e", State::revoked);
  CHECK(record_line(key) == "s1e._domainkey.example.org. 3600 IN TXT \"v=DKIM1; k=ed25519; p=\"\n");
}

}  // namespace
}  // namespace postern::keyring
