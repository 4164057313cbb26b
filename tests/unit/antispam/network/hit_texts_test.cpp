// What SpamAssassin 4.0.1 says of such hits.
#include "lib/antispam/network/hit_texts.hpp"

#include "lib/antispam/evals/hit_details.hpp"
#include "tests/support/catch.hpp"

namespace postern::antispam {
namespace {

TEST_CASE("listing_text: addresses, hosts, and what a list says itself", "[antispam][network]") {
  const RecordText record{"127.0.0.2", 0x7f000002};
  CHECK(listing_text("203.0.113.7", "Zen.Example.", dns::Type::a, record) ==
        "203.0.113.7 listed in zen.example");
  CHECK(listing_text("2001:db8::7", "zen.example", dns::Type::a, record) ==
        "2001:db8:0:0:0:0:0:7 listed in zen.example");
  CHECK(listing_text("Spam.com", "dbl.example.", dns::Type::a, record) ==
        "listed in spam.com.dbl.example");
  const auto said = [](const std::string& text) {
    return listing_text("203.0.113.7", "l.example", dns::Type::txt, {text, std::nullopt});
  };
  CHECK(said("Blocked - see https://l.example/?203.0.113.7 now") ==
        "Blocked - see <https://l.example/?203.0.113.7> now");
  CHECK(said("<http://l.example/>, HTTP://b.example") == "<http://l.example/>, <HTTP://b.example>");
  CHECK(said("") == "");
}

TEST_CASE("record_text: the first record that a filter accepts", "[antispam][network]") {
  dns::Answer answer;
  answer.addresses = {parse_ip_address("192.0.2.1").value(), parse_ip_address("192.0.2.2").value()};
  CHECK(record_text("www.example.com", dns::Type::a, answer, RecordFilter()) ==
        "www.example.com A:192.0.2.1");
}

TEST_CASE("hashed_text: an address is not written out", "[antispam][network]") {
  CHECK(hashed_text("a@b.example") == "a[at]b.example");
}

TEST_CASE("HitDetails: each text once, on one line, bounded", "[antispam]") {
  HitDetails details;
  details.add("A", "one\r\ntwo");
  details.add("A", "one\r\ntwo");
  details.add("A", std::string(5000, 'x'));
  for (int i = 0; i < 100; ++i) details.add("B", std::to_string(i));
  REQUIRE(details.of("A").size() == 2);
  CHECK(details.of("A")[0] == "one  two");
  CHECK(details.of("A")[1].size() == HitDetails::max_text_size);
  CHECK(details.of("B").size() == HitDetails::max_texts);
  CHECK(details.of("C").empty());
}

}  // namespace
}  // namespace postern::antispam
