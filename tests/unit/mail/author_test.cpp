#include "lib/mail/author.hpp"

#include <fstream>

#include <nlohmann/json.hpp>

#include "lib/mail/message.hpp"
#include "tests/support/catch.hpp"

namespace postern::mail {
namespace {

using namespace std::string_literals;
using Domains = std::vector<std::string>;

// Stands in for libidn2: knows one look-alike of legit.example and one harmless name.
std::optional<std::string> to_ascii(std::string_view domain) {
  if (domain == "l\xd0\xb5git.example") return "xn--lgit-tdd.example";
  if (domain == "b\xc3\xbc.example") return "xn--b-xga.example";
  if (domain == "bad\xc3\xbc.example") return "not a domain";
  return std::nullopt;
}

Authors authors_of(const std::string& header) {
  return find_authors(parse_message(header + "\r\n").header, to_ascii);
}
Authors from(const std::string& body) {
  return authors_of("To: x@y.example\r\nFrom: " + body + "\r\n");
}

TEST_CASE("find_authors: one readable mailbox", "[mail][security]") {
  struct Row {
    std::string body;
    std::string domain;
  };
  const auto row = GENERATE(values<Row>({
      {"a@legit.example", "legit.example"},
      {"J. Doe <a@legit.example> (c)", "legit.example"},
      {"admin@LEGIT.Example.", "legit.example"},
      {"\"admin@legit.example\"@attack.example", "attack.example"},
      {"\"admin@legit.example\" <m@attack.example>", "attack.example"},
      {"=?utf-8?Q?=22admin=40legit=2Eexample=22?= <m@attack.example>", "attack.example"},
      {"<@attack.example,@any.example:admin@legit.example>", "legit.example"},
      {"\xe2\x80\xaegro.lagel\xe2\x80\xac <admin@l\xd0\xb5git.example>", "xn--lgit-tdd.example"},
      {"\xff\xfe <m@attack.example>", "attack.example"},
      {"a@legit.example,", "legit.example"},
      {"a@legit.example <b@legit.example>", "legit.example"},
      {"a@x_y.example", "x_y.example"},
  }));
  INFO(row.body);
  const Authors authors = from(row.body);
  CHECK(authors.domains == Domains{row.domain});
  CHECK(authors.problem.empty());
}

TEST_CASE("find_authors: every domain that may be meant, and the problem", "[mail][security]") {
  struct Row {
    std::string body;
    Domains domains;
  };
  const Domains both = {"attack.example", "legit.example"};
  const auto row = GENERATE_COPY(values<Row>({
      {"<a@attack.example>, , <b>, <@>, <>, \"\"@, x@,", {"attack.example"}},
      {"legit.example:<admin@legit.example>,m@attack.example;", {}},
      {"undisclosed-recipients:;", {}},
      {"G: b@legit.example", {"legit.example"}},
      {"", {}},
      {"=?utf-8?B?PGFkbWluQGxlZ2l0LmV4YW1wbGU+?=,<m@attack.example>", both},
      {"<a@attack.example>:<b@legit.example>", both},
      {"<a@attack.example><b@legit.example>", both},
      {"<a@attack.example>b@legit.example", both},
      {"<a@attack.example>\\,<b@legit.example>", both},
      {"a@attack.example <b@legit.example>", both},
      {"b@legit.example <a@attack.example>", both},
      {"a@attack.example; b@legit.example", both},
      {"a@attack.example@legit.example", both},
      {"<a@attack.example>\0<b@legit.example>"s, both},
      {"<b@legit.example\0.attack.example>"s, {"legit.example"}},
      {"b@legit.example(<a@attack.example>", both},
      {"b@legit.example (c).attack.example", {"legit.example", "legit.example.attack.example"}},
      {"=?utf-8?Q?b=40legit.example=3E?=@attack.example", both},
      {"a@" + std::string(64, 'x') + "." + std::string(300, 'y') + "..example", {}},
      {"a@[192.0.2.1]", {}},
      {"a\xe2\x80\xae@legit.example", {"legit.example"}},
      {"a\xff@legit.example", {"legit.example"}},
      {"b@legit.example\xff.attack.example", {"legit.example"}},
      {"a@bad\xc3\xbc.example", {"bad"}},
      {"b@legit.example\x1b", {"legit.example"}},
      {"b@legit.example'x", {"legit.example"}},
      {"Foo, Inc. <b@legit.example>", {"legit.example"}},
  }));
  INFO(row.body);
  Authors authors = from(row.body);
  std::sort(authors.domains.begin(), authors.domains.end());
  CHECK(authors.domains == row.domains);
  CHECK_FALSE(authors.problem.empty());
}

TEST_CASE("find_authors: several mailboxes of one field are no problem, and all are named",
          "[mail]") {
  const Authors two = from("a@b\xc3\xbc.example, c@d.example");
  CHECK(two.domains == Domains{"xn--b-xga.example", "d.example"});
  CHECK(two.problem.empty());
  CHECK(from("a@legit.example,b@legit.example").domains == Domains{"legit.example"});
}

TEST_CASE("find_authors: a line end in the field, as a milter may hand it over",
          "[mail][security]") {
  const std::string raw = "From: <a@attack.example>\r<b@legit.example>";
  const HeaderSection header(
      {{raw, std::string_view(raw).substr(0, 4), std::string_view(raw).substr(5)}});
  const Authors authors = find_authors(header, to_ascii);
  CHECK(authors.domains == Domains{"attack.example", "legit.example"});
  CHECK_FALSE(authors.problem.empty());
}

TEST_CASE("find_authors: fields", "[mail][security]") {
  CHECK(authors_of("Sender: <a@legit.example>\r\nResent-From: b@attack.example\r\n").problem ==
        "no From field");
  const Authors two = authors_of("From: a@attack.example\r\nFrom : b@legit.example\r\n");
  CHECK(two.domains == Domains{"attack.example", "legit.example"});
  CHECK(two.problem == "2 From fields");
  CHECK(authors_of("X: 1\r\n From: a@attack.example\r\nFrom: b@legit.example\r\n").domains ==
        Domains{"legit.example"});
  CHECK(from("a@legit.example, b@legit.example").problem.empty());
  CHECK(find_authors(parse_message("From: a@b\xc3\xbc.example\r\n\r\n").header, nullptr)
            .domains.size() == 1);
}

TEST_CASE("find_authors: bounded", "[mail][security]") {
  std::string body;
  for (int i = 0; i < 5000; ++i) body += "a@x" + std::to_string(i) + ".example,";
  const Authors authors = from(body);
  CHECK(authors.domains.size() == max_author_mailboxes);
  CHECK(authors.problem == "too many addresses in From");
}

// The published attacks of chenjj/espoofer: the victim is among the domains, or there is a problem.
TEST_CASE("find_authors: espoofer", "[mail][security]") {
  const char* root = std::getenv("POSTERN_CONFORMANCE");
  std::ifstream file(std::string(root != nullptr ? root : "../shared/conformance") +
                     "/attacks-espoofer/cases.json");
  if (!file) {
    WARN("skipped: attacks-espoofer not found");
    return;
  }
  const auto suite = nlohmann::json::parse(file);
  for (const auto& one : suite.at("cases")) {
    const std::string id = one.at("id");
    if (!id.starts_with("server_")) continue;
    const std::string block = one.at("from_block");
    INFO(id << " " << block);
    const Authors authors = authors_of(block);
    const auto& domains = authors.domains;
    const bool has_victim =
        std::find(domains.begin(), domains.end(), "legitimate.com") != domains.end();
    CHECK((has_victim || !authors.problem.empty()));
    const bool is_trusted_attacker = authors.problem.empty() && domains == Domains{"attack.com"};
    CHECK_FALSE(is_trusted_attacker);
  }
}

}  // namespace
}  // namespace postern::mail
