#include "lib/mail/address.hpp"

#include "tests/support/catch.hpp"

namespace postern::mail {
namespace {

using namespace std::string_literals;

struct OneMailbox {
  std::string text;
  std::string display_name;
  std::string local_part;
  std::string domain;
};

TEST_CASE("parse_address_list: one mailbox", "[mail][rfc5322-3.4]") {
  const auto row = GENERATE(values<OneMailbox>({
      {"a@example.org", "", "a", "example.org"},
      {" John Doe <j.doe@example.org>\r\n", "John Doe", "j.doe", "example.org"},
      {"\"Doe, John\" <j@example.org>", "Doe, John", "j", "example.org"},
      {"\"J \\\"D\\\" D\"<j@example.org>", "J \"D\" D", "j", "example.org"},
      {"John Q. Public <j@example.org>", "John Q. Public", "j", "example.org"},
      {"<j@example.org> (John)", "John", "j", "example.org"},
      {"j@example.org (John \\(D\\))", "John (D)", "j", "example.org"},
      {"(c(n)) J (d) <(e)j@example.org(f)> (g)", "J", "j", "example.org"},
      {"\"a@legit.example\"@attack.example", "", "a@legit.example", "attack.example"},
      {"\"\"@example.org", "", "", "example.org"},
      {"j@[192.0.2.1]", "", "j", "[192.0.2.1]"},
      {"j@[IPv6:2001:db8::1]", "", "j", "[IPv6:2001:db8::1]"},
      {"<@a.example,@b.example:j@c.example>", "", "j", "c.example"},
      {"<@a.example,,@b.example: j@c.example>", "", "j", "c.example"},
      {"j . d @ example . org", "", "j.d", "example.org"},
      {"\"j\".d@example.org", "", "j.d", "example.org"},
      {"admin@LEGIT.Example.", "", "admin", "LEGIT.Example."},
      {"J =?utf-8?Q?=C3=BC?= <j@example.org>", "J =?utf-8?Q?=C3=BC?=", "j", "example.org"},
      {"j\xc3\xbc@ex\xc3\xa4mple.org", "", "j\xc3\xbc", "ex\xc3\xa4mple.org"},
      {"[X] Team <j@example.org>", "[X] Team", "j", "example.org"},
      {"j@a <j@b.example>", "j@a", "j", "b.example"},
      {"a\r\n b <j@example.org>", "a b", "j", "example.org"},
  }));
  INFO(row.text);
  const AddressList list = parse_address_list(row.text);
  CHECK(list.unreadable.empty());
  REQUIRE(list.mailboxes.size() == 1);
  CHECK(list.mailboxes[0].display_name == row.display_name);
  CHECK(list.mailboxes[0].local_part == row.local_part);
  CHECK(list.mailboxes[0].domain == row.domain);
}

TEST_CASE("parse_address_list: what is no mailbox hides no other", "[mail][security]") {
  const auto text = GENERATE(
      as<std::string>{}, "<b>", "<@>", "<>", "\"\"@", "x@", "@x", "a@b@c", "a b@c.example",
      "<a@b.example>:<c@d.example>", "<a@b.example>c@d.example", "<a@b.example><c@d.example>",
      "<a@b.example>\\", "a@b.example;", "a@b c.example", "\"a\" b@c", "<<a@b.example>>", "a)b@c",
      "<a:b@c.example>", "<@a b@c.example>", "foo \\ <a@b.example>", "G:a@b;c@d", "[x]y@z", "a@[x");
  const std::string body = text + " , j@example.org";
  const AddressList list = parse_address_list(body);
  INFO(text);
  const std::size_t members = text == "G:a@b;c@d" ? 2 : 1;
  REQUIRE(list.mailboxes.size() == members);
  CHECK(list.mailboxes.back().domain == "example.org");
  REQUIRE(list.unreadable.size() == 1);
  if (members == 1) CHECK(list.unreadable[0] == text);
}

TEST_CASE("parse_address_list: an open bracket or quote takes the rest", "[mail][security]") {
  const auto text =
      GENERATE(as<std::string>{}, "<a@b.example, c@d.example", "\"a@b.example, c@d.example",
               "a@b.example, \"c, d@e.example", "a@b.example (c, d@e.example");
  const AddressList list = parse_address_list(text);
  INFO(text);
  const bool says_so = !list.unreadable.empty() || list.defects.contains(Defect::unclosed);
  CHECK(says_so);
}

TEST_CASE("parse_address_list: lists and groups", "[mail][rfc6854-2.1]") {
  const AddressList list =
      parse_address_list("a@x, Team: b@y, \"C\" <c@z>;, , d@w,undisclosed-recipients:;");
  REQUIRE(list.mailboxes.size() == 4);
  CHECK(list.groups == std::vector<std::string>{"Team", "undisclosed-recipients"});
  CHECK(list.mailboxes[0].group == no_group);
  CHECK(list.mailboxes[1].group == 0);
  CHECK(list.mailboxes[2].group == 0);
  CHECK(list.mailboxes[2].raw == "\"C\" <c@z>");
  CHECK(list.mailboxes[3].group == no_group);
  CHECK(list.unreadable.empty());
  CHECK(list.defects.text() == "empty list member");
  CHECK(parse_address_list("G: a@x").defects.contains(Defect::unclosed));
}

TEST_CASE("parse_address_list: defects", "[mail][security]") {
  struct Row {
    std::string text;
    Defect defect;
  };
  const auto row = GENERATE(values<Row>({
      {"a\0@x"s, Defect::nul},
      {"<a@x>\x1b", Defect::control},
      {"a@x\rb", Defect::bare_newline},
      {"J\xc3\xbc <a@x>", Defect::eight_bit},
      {"J\xff <a@x>", Defect::invalid_utf8},
      {"a(c)@x", Defect::blank_in_address},
      {"a@x(c).y", Defect::blank_in_address},
      {"a..b@x", Defect::odd_local_part},
      {"a.@x", Defect::odd_local_part},
      {"<@y:a@x>", Defect::source_route},
      {"b@y <a@x>", Defect::address_as_name},
      {"[b] <a@x>", Defect::odd_phrase},
  }));
  INFO(row.text);
  CHECK(parse_address_list(row.text).defects.contains(row.defect));
  CHECK_FALSE(parse_address_list("\"J.\" <a.b@x> (c)").defects.contains(row.defect));
}

TEST_CASE("parse_address_list: limits", "[mail][security]") {
  Limits limits;
  limits.addresses = 2;
  CHECK(parse_address_list("a@x, b@y", limits).limits.empty());
  const AddressList list = parse_address_list("a@x, b@y, c@z", limits);
  CHECK(list.mailboxes.size() == 2);
  CHECK(list.limits.contains(Limit::addresses));

  limits.member_tokens = 5;
  CHECK(parse_address_list("<a@x>", limits).limits.empty());
  const AddressList words = parse_address_list("J <a@x>, b@y", limits);
  CHECK(words.limits.contains(Limit::member_tokens));
  CHECK(words.unreadable == std::vector<std::string_view>{"J <a@x>"});
  CHECK(words.mailboxes.size() == 1);
}

TEST_CASE("format: what is read again is the same", "[mail][security]") {
  const auto text =
      GENERATE(as<std::string>{}, "a@x.example", "\"D, \\\"J\\\"\" <a@x.example>",
               "\"a b\"@x.example", "\"\"@x.example", "x. y <a@[192.0.2.1]>", "a..b@x.example");
  const Mailbox mailbox = parse_address_list(text).mailboxes.at(0);
  const AddressList again = parse_address_list(format(mailbox));
  REQUIRE(again.mailboxes.size() == 1);
  CHECK(again.mailboxes[0].display_name == mailbox.display_name);
  CHECK(again.mailboxes[0].local_part == mailbox.local_part);
  CHECK(again.mailboxes[0].domain == mailbox.domain);
}

TEST_CASE("format: one line whatever the mailbox holds", "[mail][security]") {
  Mailbox mailbox;
  mailbox.display_name = "a\r\nBcc: x";
  mailbox.local_part = "b\nc";
  mailbox.domain = "d\0e"s;
  CHECK(format(mailbox) == "\"a??Bcc: x\" <\"b?c\"@d?e>");
}

}  // namespace
}  // namespace postern::mail
