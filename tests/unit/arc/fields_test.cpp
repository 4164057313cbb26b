#include "lib/arc/fields.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/dkim_message.hpp"

namespace postern::arc {
namespace {

TEST_CASE("parse_results: instance and authserv-id", "[arc][rfc8617-4.1.1]") {
  struct Row {
    std::string_view body;
    unsigned instance;
    std::string_view authserv_id;
  };
  const Row rows[] = {
      {" i=1; lists.Example.org; spf=pass", 1, "lists.example.org"},
      {" (a (b\\)) c) i (x) = 12 (y) ;\r\n\t(z) \"Mx \\\"1\" 1; none", 12, "mx \"1"},
      {"i=50; mx", 50, "mx"},
      {"i=3 mx.example; none", 0, ""},
      {"mx.example; i=3; none", 0, ""},
      {"i=0; mx", 0, ""},
      {"i=51; mx", 0, ""},
      {"i=123; mx", 0, ""},
      {"i=-1; mx", 0, ""},
      {"i=; mx", 0, ""},
      {"I=1; mx", 0, ""},
      {"(((((", 0, ""},
      {"", 0, ""},
      {"i=1; ; none", 1, ""},
      {"i=1; \"open", 1, ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.body);
    const Field field = parse_results(row.body);
    CHECK(field.instance == row.instance);
    CHECK(field.authserv_id == row.authserv_id);
    CHECK(field.problem.empty() == !row.authserv_id.empty());
  }
}

TEST_CASE("parse_seal: what makes a seal fail", "[arc][rfc8617-4.1.3][ARC-04]") {
  const std::string good = "i=1; a=rsa-sha256; cv=none; d=a.example; s=s; b=AAAA";
  CHECK(parse_seal(good, test::ascii_domain).problem.empty());
  const std::pair<std::string, std::string_view> rows[] = {
      {"x", "tag without an equals sign"},
      {good + "; h=from", "h= is not allowed in a seal"},
      {good + "; i=1", "tag occurs twice"},
      {"i=51" + good.substr(3), "i= is no instance"},
      {good.substr(4), "i= is missing"},
      {"i=1; a=rsa-sha256; cv=maybe; d=a.example; s=s; b=AAAA",
       "cv= is none of none, fail, and pass"},
      {"i=1; a=rsa-sha256; cv=; d=a.example; s=s; b=AAAA", "cv= is none of none, fail, and pass"},
      {"i=1; a=rsa-sha256; d=a.example; s=s; b=AAAA", "cv= is missing"},
      {"i=1; a=rsa-sha1; cv=none; d=a.example; s=s; b=AAAA", "rsa-sha1 is not accepted (RFC 8301)"},
  };
  for (const auto& [body, problem] : rows) {
    CAPTURE(body);
    CHECK(parse_seal(body, test::ascii_domain).problem == problem);
  }
}

TEST_CASE("parse_message_signature: like DKIM but for i=, v=, h=, and c=", "[arc]") {
  const std::string hash = std::string(43, 'A') + "=";
  const std::string tags = "i=2; a=rsa-sha256; d=a.example; s=s; bh=" + hash + "; b=AAAA; h=";
  const Field field = parse_message_signature(tags, test::ascii_domain);
  CHECK(field.problem.empty());
  CHECK(field.instance == 2);
  CHECK(field.signature.signed_names.empty());
  CHECK(field.signature.body_canonicalization == dkim::Canonicalization::relaxed);
  CHECK(parse_message_signature(tags + "From:ARC-Seal", test::ascii_domain).problem ==
        "h= names ARC-Seal");
}

}  // namespace
}  // namespace postern::arc
