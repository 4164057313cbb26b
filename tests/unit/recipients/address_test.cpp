// Addresses as keys, and lists of them.
#include "lib/recipients/address.hpp"

#include "lib/recipients/search.hpp"
#include "tests/support/catch.hpp"

namespace postern::recipients {
namespace {

using Texts = std::vector<std::string>;

Names plain_names() {
  Names names;
  names.origin = "example.org";
  names.recipient_delimiter = "+";
  return names;
}

std::string parse(const std::string& text, const Names& names = plain_names()) {
  const auto address = parse_address(text, names);
  return address ? address->text() : "-";
}

Texts split(std::string_view text) {
  const auto destinations = split_destinations(text);
  return destinations ? *destinations : Texts{"-"};
}

TEST_CASE("parse_address: as Postfix completes it", "[recipients]") {
  CHECK(parse("User+Tag@Example.NET") == "user+tag@example.net");
  CHECK(parse("user") == "user@example.org");
  CHECK(parse("user@example.net.") == "user@example.net");
  CHECK(parse("user@[192.0.2.1]") == "user@[192.0.2.1]");
  CHECK(parse("m\xc3\xbcller@b\xc3\xbc.example") == "m\xc3\xbcller@b\xc3\xbc.example");
  Names names = plain_names();
  names.domain_suffix = "example.com";
  CHECK(parse("user@mx", names) == "user@mx.example.com");
  CHECK(parse("user@a.example", names) == "user@a.example");
  CHECK(parse("user@[::1]", names) == "user@[::1]");
}

TEST_CASE("parse_address: what cannot be a key, or has more than one meaning", "[recipients]") {
  for (const char* text : {"",
                           "@",
                           "@example.net",
                           "user@",
                           "user@.",
                           "user@a..b",
                           "user@.a",
                           "a b@example.net",
                           "\"a b\"@example.net",
                           "a\tb@example.net",
                           "a\nb@example.net",
                           "a\rb",
                           "a\x7f@example.net",
                           "a\x01@example.net",
                           ".a@example.net",
                           "a.@example.net",
                           "a..b@example.net",
                           "a@b@c.net",
                           "user%example.net",
                           "user%a@example.org",
                           "host!user",
                           "a/b@example.org",
                           "a\\b@c.net",
                           "@a.example,@b.example:user@c.example",
                           "<a@example.net>",
                           "a@b c",
                           "a@b,c",
                           "a@[1.2.3.4",
                           "a@1.2.3.4]",
                           "a@[]",
                           "a@[1 2]",
                           "a(b)@c.net",
                           "user@a\tb",
                           "user@a\n.example"}) {
    INFO(text);
    CHECK(parse(text) == "-");
  }
  CHECK(parse(std::string("a\0b@example.net", 15)) == "-");
}

TEST_CASE("parse_address: no more than 320 octets, also once it is complete", "[recipients]") {
  const std::string domain = "@example.net";
  CHECK(parse(std::string(max_address_size - domain.size(), 'a') + domain) != "-");
  CHECK(parse(std::string(max_address_size - domain.size() + 1, 'a') + domain) == "-");
  CHECK(parse(std::string(max_address_size, 'a')) == "-");
}

TEST_CASE("extension_offset: where Postfix splits a local part", "[recipients]") {
  Names names = plain_names();
  const auto user = [&](const std::string& local_part) {
    return local_part.substr(0, extension_offset(local_part, names));
  };
  CHECK(user("user+a+b") == "user");
  CHECK(user("user-a") == "user-a");
  CHECK(user("+a") == "+a");
  CHECK(user("user+") == "user");
  names.recipient_delimiter = "-+";
  CHECK(user("user-a+b") == "user");
  CHECK(user("owner-list") == "owner-list");
  CHECK(user("list-request") == "list-request");
  CHECK(user("-request") == "-request");
  CHECK(user("mailer-daemon") == "mailer-daemon");
  CHECK(user("double-bounce") == "double-bounce");
  names.owner_request_special = false;
  CHECK(user("owner-list") == "owner");
  CHECK(user("list-request") == "list");
  names.recipient_delimiter = "";
  CHECK(user("user+a") == "user+a");
}

TEST_CASE("split_destinations: commas, blanks, quotes", "[recipients]") {
  CHECK(split("a@b") == Texts{"a@b"});
  CHECK(split(" a@b,c , d\te ") == Texts{"a@b", "c", "d", "e"});
  CHECK(split("\"a\"@b, \"x, y\"@c") == Texts{"a@b", "x, y@c"});
  CHECK(split("\\user, other") == Texts{"user", "other"});
  CHECK(split("\"|/bin/sh -c x\", b") == Texts{"|/bin/sh -c x", "b"});
  CHECK(split("\"a\\\"b\"@c") == Texts{"a\"b@c"});
  CHECK(split("\"open, a") == Texts{"open, a"});
  CHECK(split("a\\") == Texts{"a\\"});
  CHECK(split("") == Texts{"-"});
  CHECK(split(" , ,") == Texts{"-"});
}

TEST_CASE("split_destinations: no more than 100", "[recipients]") {
  std::string text;
  for (std::size_t i = 0; i < max_destinations; ++i) text += "a@b ";
  CHECK(split(text).size() == max_destinations);
  CHECK(split(text + "a@b") == Texts{"-"});
}

TEST_CASE("leads_outside: what aliases(5) allow besides addresses", "[recipients]") {
  for (const char* text : {"|cmd", "/dev/null", "~/mail", ":include:/x", ":INCLUDE:/x"}) {
    CHECK(leads_outside(text));
  }
  for (const char* text : {"", "user", "a|b", "a/b", "include:/x"})
    CHECK_FALSE(leads_outside(text));
}

TEST_CASE("takes_whole_keys_only: types of tables", "[recipients]") {
  for (const char* table :
       {"regexp:/x", "pcre:/x", "cidr:/x", "tcp:h:1", "proxy:tcp:h:1", "socketmap:unix:/x:y",
        "proxy:pcre:/x", "randmap:{a,b}", "fail:x", "unionmap:{pcre:/x,hash:/y}",
        "pipemap:{ regexp:/x, hash:/y}", "proxy:unionmap:{tcp:h:1}"}) {
    INFO(table);
    CHECK(takes_whole_keys_only(table));
  }
  for (const char* table : {"hash:/x", "proxy:mysql:/x", "unionmap:{hash:/x,pcre:/y}", "/etc/x",
                            "inline:{regexp:=a}", "static:x", "", "proxy:", "unionmap:{"}) {
    INFO(table);
    CHECK_FALSE(takes_whole_keys_only(table));
  }
}

}  // namespace
}  // namespace postern::recipients
