#include "lib/mail/encoded_word.hpp"

#include "lib/mail/utf8.hpp"
#include "tests/support/catch.hpp"

namespace postern::mail {
namespace {

struct Row {
  std::string text;
  std::string decoded;
};

TEST_CASE("decode_encoded_words: words and what is none", "[mail][rfc2047]") {
  const auto row = GENERATE(values<Row>({
      {"plain", "plain"},
      {" folded\r\n text ", "folded text"},
      {"=?utf-8?Q?a_b=C3=BC?=", "a b\xc3\xbc"},
      {"=?UTF-8?b?w7w=?=", "\xc3\xbc"},
      {"=?iso-8859-1*de?q?=FC?=", "\xc3\xbc"},
      {"=?us-ascii?q?a?= =?us-ascii?q?b?=", "ab"},
      {"=?us-ascii?q?a?=\r\n\t =?us-ascii?q?b?=", "ab"},
      {"=?us-ascii?q?a?= x =?us-ascii?q?b?=", "a x b"},
      {"x =?us-ascii?q?a?= y", "x a y"},
      {"(=?us-ascii?q?a?=)", "(a)"},
      {"=?utf-8?q?=C3?= =?UTF-8?q?=BC?=", "\xc3\xbc"},  // a character in two words
      {"=?utf-8?B?w7?= =?utf-8?q?=BC?=", "\xc3\xbc"},   // likewise, in two encodings
      {"=?utf-8?q?=C3?= =?iso-8859-1?q?=BC?=", "\xef\xbf\xbd\xc2\xbc"},
      {"=?utf-8?Q?=3D=3Futf-8=3FB=3FQQ=3D=3D=3F=3D?=", "=?utf-8?B?QQ==?="},
      {"=?utf-8?B?QQ", "=?utf-8?B?QQ"},
      {"=?utf-8?B?QQ==?", "=?utf-8?B?QQ==?"},
      {"=?utf-8?X?QQ==?=", "=?utf-8?X?QQ==?="},
      {"=??B?QQ==?=", "=??B?QQ==?="},
      {"=?utf-8?Q?=?utf-8?Q?a?=", "=?utf-8?Q?a"},
      {"=?utf-8?Q?"
       "?=",
       ""},
      {"=?utf-8?Q?=4?= =?utf-8?Q?=zz?=", "=4=zz"},
      {"=?x-unknown?Q?a=FF?=", "a\xc3\xbf"},
      {"raw \xc3\xbc", "raw \xc3\xbc"},
      {"raw \xfc", "raw \xc3\xbc"},
  }));
  INFO(row.text);
  const DecodedText decoded = decode_encoded_words(row.text, native_charsets());
  CHECK(decoded.text == row.decoded);
  CHECK(decoded.limits.empty());
}

TEST_CASE("decode_encoded_words: decoded control characters are spaces", "[mail][security]") {
  const DecodedText decoded =
      decode_encoded_words("=?utf-8?Q?x=0D=0AJan=00=1B=7F?= \x07", native_charsets());
  CHECK(decoded.text == "x  Jan     ");
}

TEST_CASE("decode_encoded_words: the output is bounded", "[mail][security]") {
  Limits limits;
  limits.decoded_text = 5;
  CHECK(decode_encoded_words("abcde", native_charsets(), limits).limits.empty());
  const auto text =
      GENERATE(as<std::string>{}, "abcdef", "=?utf-8?B?YWJjZGVm?=", "=?us-ascii?q?abc?= def",
               "abcd=?utf-8?q?=C3=BC?=", "=?us-ascii?q?aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa?=");
  const DecodedText decoded = decode_encoded_words(text, native_charsets(), limits);
  INFO(text);
  CHECK(decoded.limits.contains(Limit::decoded_text));
  CHECK(decoded.text.size() <= 5);
  CHECK(decoded.text.size() >= 4);
  CHECK(is_utf8(decoded.text));
}

}  // namespace
}  // namespace postern::mail
