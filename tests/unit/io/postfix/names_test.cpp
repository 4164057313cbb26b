// main.cf through the real postconf.
#include "lib/io/postfix/names.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/io/postfix/postfix_folder.hpp"

namespace postern::io {
namespace {

using Texts = std::vector<std::string>;

ProgramLimits patient() {
  return {std::chrono::seconds(20), std::chrono::steady_clock::now() + std::chrono::seconds(20)};
}

recipients::Names names_in(const PostfixFolder& folder) {
  const auto names = read_names(folder.path(), patient());
  INFO((names ? "" : names.error()));
  REQUIRE(names.has_value());
  return *names;
}

TEST_CASE("split_tables: blanks inside braces do not end a table", "[io]") {
  CHECK(split_tables("hash:/a, pcre:/b\n inline:{a=b, {c = d e}} ,") ==
        Texts{"hash:/a", "pcre:/b", "inline:{a=b, {c = d e}}"});
  CHECK(split_tables(" , ").empty());
  CHECK(split_words("a,b  c\t") == Texts{"a", "b", "c"});
}

TEST_CASE("read_names: what is not set is as Postfix has it", "[io]") {
  if (!has_postmap()) return;
  const auto names = names_in(PostfixFolder("alias_maps = hash:/etc/aliases\n"));
  CHECK(names.local_domains == Texts{"mx.example.org", "localhost.example.org", "localhost"});
  CHECK(names.origin == "mx.example.org");
  CHECK(names.alias_maps == Texts{"hash:/etc/aliases"});
  CHECK(names.virtual_alias_maps.empty());
  CHECK(names.recipient_delimiter.empty());
  CHECK(names.domain_suffix.empty());
  CHECK(names.owner_request_special);
  CHECK(names.propagated == recipients::PropagatedExtensions{true, true, false});
  CHECK_FALSE(names.has_more_local_domains);
}

TEST_CASE("read_names: all that matters", "[io]") {
  if (!has_postmap()) return;
  PostfixFolder folder(
      "mydomain = Example.ORG\nmyorigin = $mydomain\nappend_dot_mydomain = yes\n"
      "mydestination = $myhostname, [192.0.2.1] [2001:db8::1]\n  proxy:regexp:/x, inline:{a=b, "
      "c=d}\n"
      "recipient_canonical_maps = hash:/rc\ncanonical_maps = hash:/c\n"
      "virtual_alias_domains = a.example\nvirtual_maps = proxy:hash:/v1\n"
      "virtual_alias_maps = $virtual_maps, inline:{ {a@b = c, d} }\n"
      "alias_maps = proxy:hash:/a, hash:/b\nrecipient_delimiter = +-\n"
      "propagate_unmatched_extensions = virtual alias\nowner_request_special = no\n");
  const auto names = names_in(folder);
  CHECK(names.origin == "example.org");
  CHECK(names.domain_suffix == "example.org");
  CHECK(names.local_domains == Texts{"mx.example.org", "[192.0.2.1]", "[2001:db8::1]"});
  CHECK(names.local_domain_tables == Texts{"regexp:/x", "inline:{a=b, c=d}"});
  CHECK(names.recipient_canonical_maps == Texts{"hash:/rc"});
  CHECK(names.canonical_maps == Texts{"hash:/c"});
  CHECK(names.virtual_alias_maps == Texts{"hash:/v1", "inline:{ {a@b = c, d} }"});
  CHECK(names.alias_maps == Texts{"hash:/a", "hash:/b"});
  CHECK(names.recipient_delimiter == "+-");
  CHECK(names.propagated == recipients::PropagatedExtensions{false, true, true});
  CHECK_FALSE(names.owner_request_special);
}

TEST_CASE("read_names: tables that are for others are left out", "[io]") {
  if (!has_postmap()) return;
  PostfixFolder folder(
      "canonical_maps = hash:/c\ncanonical_classes = header_sender\n"
      "recipient_canonical_maps = hash:/rc\nrecipient_canonical_classes = header_recipient\n"
      "alias_maps = hash:/a\nlocal_transport = lmtp:unix:private/dovecot-lmtp\n");
  const auto names = names_in(folder);
  CHECK(names.canonical_maps.empty());
  CHECK(names.recipient_canonical_maps.empty());
  CHECK(names.alias_maps.empty());
}

TEST_CASE("read_names: files of myorigin and mydestination", "[io]") {
  if (!has_postmap()) return;
  PostfixFolder folder("");
  folder.write("mailname", "Mail.Example.ORG\nsecond line\n");
  folder.write("domains", "# a comment\nA.example b.example\n\nc.example hash:/x\n");
  const std::string files = "myorigin = " + folder.path("mailname") + "\nmydestination = ";
  folder.write_main_cf(files + folder.path("domains") + " d.example\n");
  auto names = names_in(folder);
  CHECK(names.origin == "mail.example.org");
  CHECK(names.local_domains == Texts{"a.example", "b.example", "c.example", "d.example"});
  CHECK(names.local_domain_tables == Texts{"hash:/x"});
  CHECK_FALSE(names.has_more_local_domains);

  folder.write_main_cf(files + "/nowhere/domains d.example\n");
  names = names_in(folder);
  CHECK(names.local_domains == Texts{"d.example"});
  CHECK(names.has_more_local_domains);

  folder.write_main_cf(files + "d.example !e.example f.example\n");
  names = names_in(folder);
  CHECK(names.local_domains == Texts{"d.example"});
  CHECK(names.has_more_local_domains);
}

TEST_CASE("read_names: without main.cf, and without time", "[io]") {
  if (!has_postmap()) return;
  const auto nowhere = read_names("/nowhere", patient());
  REQUIRE_FALSE(nowhere.has_value());
  CHECK(nowhere.error().find("/nowhere/main.cf") != std::string::npos);
  const PostfixFolder folder("");
  CHECK_FALSE(read_names(folder.path(), {std::chrono::seconds(20), {}}).has_value());
}

}  // namespace
}  // namespace postern::io
