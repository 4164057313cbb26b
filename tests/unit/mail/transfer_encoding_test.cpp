#include "lib/mail/transfer_encoding.hpp"

#include "tests/support/catch.hpp"

namespace postern::mail {
namespace {

struct Row {
  std::string body;
  std::string decoded;
};

TEST_CASE("decode_quoted_printable: escapes, soft breaks, and noise", "[mail][rfc2045-6.7]") {
  const auto row = GENERATE(values<Row>({
      {"a=3Db=c3=BC", "a=b\xc3\xbc"},
      {"a=\r\nb=\nc", "abc"},
      {"a= \t\r\nb", "ab"},
      {"a  \t\r\nb \n", "a\r\nb\n"},
      {"a=Z=4=", "a=Z=4"},
      {"==\r\n=", "="},
      {"=3", "=3"},
      {"a =20 \r\n", "a  \r\n"},
      {"", ""},
  }));
  INFO(row.body);
  CHECK(decode_quoted_printable(row.body) == row.decoded);
}

TEST_CASE("decode_base64_body: noise, no padding, joined pieces", "[mail][rfc2045-6.8]") {
  const auto row = GENERATE(values<Row>({
      {"YWJj\r\nZA==\r\n", "abcd"},
      {"YWJjZA", "abcd"},
      {"Y!*\x01W-J j", "abc"},
      {"YQ==YmM=", "abc"},
      {"Y", ""},
      {"====", ""},
      {"", ""},
  }));
  INFO(row.body);
  CHECK(decode_base64_body(row.body) == row.decoded);
}

TEST_CASE("parse_transfer_encoding: names", "[mail][rfc2045-6.1]") {
  CHECK(parse_transfer_encoding(" Base64 (c)") == TransferEncoding::base64);
  CHECK(parse_transfer_encoding("(c)QUOTED-printable;") == TransferEncoding::quoted_printable);
  CHECK(parse_transfer_encoding("8bit") == TransferEncoding::identity);
  CHECK(parse_transfer_encoding("") == TransferEncoding::identity);
  CHECK(parse_transfer_encoding("x-uuencode") == TransferEncoding::unknown);
}

TEST_CASE("decode_body: by name", "[mail]") {
  CHECK(decode_body("YQ==", TransferEncoding::base64) == "a");
  CHECK(decode_body("=61", TransferEncoding::quoted_printable) == "a");
  CHECK(decode_body("=61", TransferEncoding::identity) == "=61");
  CHECK(decode_body("=61", TransferEncoding::unknown) == "=61");
}

}  // namespace
}  // namespace postern::mail
