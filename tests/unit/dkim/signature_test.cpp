#include "lib/dkim/signature.hpp"

#include "lib/base/base64.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/dkim_message.hpp"

namespace postern::dkim {
namespace {

// "\xc3\xbc.example" is the one U-label domain that this knows.
std::optional<std::string> to_ascii(std::string_view domain) {
  return domain == "\xc3\xbc.example" ? "xn--tda.example" : test::ascii_domain(domain);
}

const std::string hash_text = encode_base64(std::string(32, 'h'));

// A signature that is right, with some tags replaced or, for "x=" alone, left out.
std::string with(std::vector<std::pair<std::string, std::string>> changes) {
  std::vector<std::pair<std::string, std::string>> tags = {
      {"v", "1"}, {"a", "rsa-sha256"}, {"d", "example.org"}, {"s", "sel"}, {"h", "From:To"}};
  tags.push_back({"bh", hash_text});
  tags.push_back({"b", "AAAA BBBB CCCC"});
  for (const auto& [name, value] : changes) {
    bool known = false;
    for (auto& tag : tags) {
      if (tag.first == name) {
        tag.second = value;
        known = true;
      }
    }
    if (!known) tags.push_back({name, value});
  }
  std::string text;
  for (const auto& [name, value] : tags) {
    if (value != "-") text += name + "=" + value + "; ";
  }
  return text;
}

TEST_CASE("parse_signature: what a signature says", "[dkim][rfc6376-3.5]") {
  const std::string body = with({{"c", "relaxed/simple"},
                                 {"i", "=41 b=40c@Sub.Example.ORG"},
                                 {"l", "17"},
                                 {"t", "100"},
                                 {"x", "101"},
                                 {"q", "x/y : dns/txt"},
                                 {"d", "Example.org"}});
  const SignatureField field = parse_signature(body, to_ascii);
  CHECK(field.problem.empty());
  const Signature& signature = field.signature;
  CHECK(signature.algorithm == "rsa-sha256");
  CHECK(signature.key_type == PublicKey::Type::rsa);
  CHECK(signature.header_canonicalization == Canonicalization::relaxed);
  CHECK(signature.body_canonicalization == Canonicalization::simple);
  CHECK(signature.domain == "example.org");
  CHECK(signature.selector == "sel");
  CHECK(signature.agent_id == "Ab@c@sub.example.org");
  CHECK_FALSE(signature.agent_is_domain());
  CHECK(signature.signed_names == std::vector<std::string>{"from", "to"});
  CHECK(signature.body_hash[31] == 'h');
  CHECK(signature.value.size() == 9);
  CHECK(signature.value_prefix == "AAAABBBB");
  CHECK(signature.body_length == 17U);
  CHECK(signature.timestamp == 100);
  CHECK(signature.expiration == 101);
  CHECK(body.substr(signature.value_begin, signature.value_end - signature.value_begin) ==
        "AAAA BBBB CCCC");
}

TEST_CASE("parse_signature: defaults", "[dkim][rfc6376-3.5]") {
  const Signature signature =
      parse_signature(with({{"a", "ed25519-sha256"}, {"c", "relaxed"}}), to_ascii).signature;
  CHECK(signature.key_type == PublicKey::Type::ed25519);
  CHECK(signature.header_canonicalization == Canonicalization::relaxed);
  CHECK(signature.body_canonicalization == Canonicalization::simple);
  CHECK(signature.agent_id == "@example.org");
  CHECK(signature.agent_is_domain());
  CHECK_FALSE(signature.body_length);
}

TEST_CASE("parse_signature: domains of U-labels become A-labels", "[dkim][rfc8616]") {
  const auto field =
      parse_signature(with({{"d", "\xc3\xbc.example"}, {"i", "a@\xc3\xbc.example"}}), to_ascii);
  CHECK(field.problem.empty());
  CHECK(field.signature.domain == "xn--tda.example");
  CHECK(field.signature.agent_id == "a@xn--tda.example");
}

TEST_CASE("parse_signature: long numbers count as endless", "[dkim][rfc6376-3.5]") {
  const std::string digits(20, '9');
  const auto field =
      parse_signature(with({{"t", "1"}, {"x", digits}, {"l", std::string(76, '9')}}), to_ascii);
  CHECK(field.problem.empty());
  CHECK(field.signature.expiration == endless_time);
  CHECK(field.signature.body_length == std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("parse_signature: what makes a signature a permerror", "[dkim][security][AR-05]") {
  using Changes = std::vector<std::pair<std::string, std::string>>;
  struct Row {
    Changes changes;
    std::string_view problem;
  };
  const Row rows[] = {
      {{{"v", "-"}}, "v= is missing"},
      {{{"v", "2"}}, "v= is not 1"},
      {{{"a", "-"}}, "a= is missing"},
      {{{"a", "rsa-sha1"}}, "rsa-sha1 is not accepted (RFC 8301)"},
      {{{"a", "RSA-SHA256"}}, "a= names an unknown algorithm"},
      {{{"a", "rsa-md5"}}, "a= names an unknown algorithm"},
      {{{"b", "-"}}, "b= is missing"},
      {{{"b", ""}}, "b= is not base64"},
      {{{"b", "A!AA"}}, "b= is not base64"},
      {{{"bh", "-"}}, "bh= is missing"},
      {{{"bh", "A!"}}, "bh= is not base64"},
      {{{"bh", encode_base64(std::string(33, 'h'))}}, "bh= is no SHA-256 hash"},
      {{{"bh", encode_base64(std::string(20, 'h'))}}, "bh= is no SHA-256 hash"},
      {{{"c", "simple/loose"}}, "c= names an unknown canonicalization"},
      {{{"c", ""}}, "c= names an unknown canonicalization"},
      {{{"c", "relaxed/"}}, "c= names an unknown canonicalization"},
      {{{"d", "-"}}, "d= is missing"},
      {{{"d", "legit.example(.attack.example"}}, "d= is no domain name"},
      {{{"d", "example.org/x"}}, "d= is no domain name"},
      {{{"d", "[192.0.2.1]"}}, "d= is no domain name"},
      {{{"d", "\xff.example"}}, "d= is no domain name"},
      {{{"d", "example.org."}}, "d= is no domain name"},
      {{{"d", "a b.example"}}, "d= is no domain name"},
      {{{"d", "org"}}, "d= is no domain name"},
      {{{"h", "-"}}, "h= is missing"},
      {{{"h", ""}}, "h= lacks From"},
      {{{"h", "to:subject"}}, "h= lacks From"},
      {{{"h", "from:a b"}}, "h= names no header field"},
      {{{"i", "a@example.com"}}, "i= is outside d="},
      {{{"i", "a@notexample.org"}}, "i= is outside d="},
      {{{"i", "example.org"}}, "i= has no domain"},
      {{{"i", "a@"}}, "i= has no domain"},
      {{{"i", "a=0ab@example.org"}}, "i= has a control character"},
      {{{"i", "a@example=00.org"}}, "i= has no domain"},
      {{{"i", "a=4@example.org"}}, "i= is not quoted-printable"},
      {{{"l", "1x"}}, "l= is no number"},
      {{{"l", ""}}, "l= is no number"},
      {{{"l", std::string(77, '1')}}, "l= is no number"},
      {{{"q", "dns/http"}}, "q= names no known query method"},
      {{{"s", "-"}}, "s= is missing"},
      {{{"s", "sel;ector"}}, "tag without an equals sign"},
      {{{"s", "sel(x"}}, "s= is no selector"},
      {{{"s", ""}}, "s= is no selector"},
      {{{"t", "-1"}}, "t= is no time"},
      {{{"t", "1 2"}}, "t= is no time"},
      {{{"x", "soon"}}, "x= is no time"},
      {{{"t", "100"}, {"x", "100"}}, "x= is not after t="},
      {{{"d2", "1"}, {"a", "rsa-sha256; a=rsa-sha256"}}, "tag occurs twice"},
  };
  for (const Row& row : rows) {
    const std::string body = with(row.changes);
    CAPTURE(body);
    CHECK(parse_signature(body, to_ascii).problem == row.problem);
  }
  CHECK(parse_signature(with({}), to_ascii).problem.empty());
}

TEST_CASE("format: is read back the same", "[dkim]") {
  const std::string body = with({{"c", "relaxed/relaxed"},
                                 {"i", "=3bx=3D@sub.example.org"},
                                 {"l", "7"},
                                 {"t", "9"},
                                 {"x", "10"}});
  const SignatureField first = parse_signature(body, to_ascii);
  REQUIRE(first.problem.empty());
  const std::string text = format(first.signature);
  const SignatureField second = parse_signature(text, to_ascii);
  CHECK(second.problem.empty());
  CHECK(second.signature.agent_id == ";x=@sub.example.org");
  CHECK(format(second.signature) == text);
}

}  // namespace
}  // namespace postern::dkim
