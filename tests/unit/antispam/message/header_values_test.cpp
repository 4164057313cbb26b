// Expected values are those of Mail::SpamAssassin::PerMsgStatus 4.0.1.
#include "lib/antispam/message/header_values.hpp"

#include <string>
#include <vector>

#include "lib/antispam/message/header_addresses.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/antispam/message/plain_environment.hpp"

namespace postern::antispam {
namespace {

TEST_CASE("read_header_addresses: as lenient as SpamAssassin", "[antispam]") {
  struct Case {
    std::string_view value, found;
  };
  const Case cases[] = {
      {"a@example.org", "(-|a@example.org)"},
      {"a@example.org (Foo), <b@example.org>", "(Foo|a@example.org)(-|b@example.org)"},
      {"\"'Foo, B'\" <a@example.org>", "('Foo, B' |a@example.org)"},
      {"Friends: a@example.org, b@example.com ;", "(-|a@example.org)(-|b@example.com)"},
      {"<a@example.org> <a@example.org>", "(-|a@example.org)"},
      {"Foo <>", "(Foo |-)"},
      {"a@b@example.org", "(-|a@b)"},
      {"\"Foo\" (x) <a @example.org>", "(Foo  |-)"},
      {"=?UTF-8?Q?\"Foo\"_<n@example.com>?=", "(-|n@example.com)"},
  };
  for (const Case& each : cases) {
    std::string found;
    for (const HeaderAddress& address : read_header_addresses(each.value)) {
      found += "(" + address.phrase.value_or("-") + "|" + address.address.value_or("-") + ")";
    }
    CHECK(found == each.found);
  }
}

TEST_CASE("header: values as rules see them", "[antispam]") {
  const PlainEnvironment environment;
  RenderedMessage message(
      "To: a@example.org\nSubject: =?utf-8?q?a_?= =?utf-8?B?Yg==?=\n c\nX-Spam-Flag: YES\n"
      "to: b@example.org\nMessage-ID: <m>\nX-Message-Id: <x>\n\nbody\n",
      environment.render);
  CHECK(message.header_text("Subject") == "a b c\n");
  CHECK(message.header_text("Subject:raw") == " =?utf-8?q?a_?= =?utf-8?B?Yg==?=\n c\n");
  CHECK(message.header_text("To") == "a@example.org\nb@example.org\n");
  CHECK(message.header_text("To:addr") == "a@example.org");
  CHECK(message.header_text("To:last:addr:host") == "example.org");
  CHECK(message.header_text("MESSAGEID") == "<x>\n<m>\n");
  CHECK(message.header_values("X-Spam-Flag").empty());
  CHECK(message.header_text("ALL").find("X-Spam") == std::string::npos);
  CHECK(message.header_text("ALL:raw").find("X-Spam") != std::string::npos);
  CHECK(message.pristine_field("subject") == "=?utf-8?q?a_?= =?utf-8?B?Yg==?=\n c\n");
  CHECK_FALSE(message.header({"X-None", {}}));
}

TEST_CASE("header: addresses of one request have a limit", "[antispam]") {
  std::string text;
  for (int field = 0; field < 60; ++field) {
    text += "From: ";
    for (int i = 0; i < 300; ++i) {
      text += "a@h" + std::to_string(field * 300 + i) + ".example.org,";
    }
    text += "b@example.org\n";
  }
  const PlainEnvironment environment;
  RenderedMessage message(text + "\nx\n", environment.render);
  CHECK(message.header_values("From:addr").size() == max_addresses);
  const std::vector<std::string>& domains = message.header_values("X-AuthorDomain");
  REQUIRE(domains.size() == 1);
  CHECK(domains[0].starts_with("h0.example.org h1.example.org "));
}

}  // namespace
}  // namespace postern::antispam
