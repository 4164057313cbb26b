#include "lib/mail/charset.hpp"

#include "lib/mail/utf8.hpp"
#include "tests/support/catch.hpp"

namespace postern::mail {
namespace {

TEST_CASE("native_charsets: what needs no tables of the system", "[mail]") {
  const CharsetConverter& charsets = native_charsets();
  CHECK(charsets.to_utf8("\x80\xfc\x81", "Windows-1252") == "\xe2\x82\xac\xc3\xbc\xef\xbf\xbd");
  CHECK(charsets.to_utf8("\x93\xfc", "ISO-8859-1") == "\xe2\x80\x9c\xc3\xbc");
  CHECK(charsets.to_utf8("a\xff", "utf-8") == "a\xef\xbf\xbd");
  CHECK(charsets.to_utf8("a", "US-ASCII") == "a");
  CHECK_FALSE(charsets.to_utf8("a", "koi8-r").has_value());
}

TEST_CASE("unlabelled_to_utf8: UTF-8, or what Windows wrote", "[mail]") {
  CHECK(unlabelled_to_utf8("\xc3\xbc") == "\xc3\xbc");
  CHECK(unlabelled_to_utf8("\xfc\xc3\xbc") == "\xc3\xbc\xc3\x83\xc2\xbc");
  CHECK(native_charsets().to_utf8("\xfc", "us-ascii") == "\xc3\xbc");
}

TEST_CASE("text_to_utf8: an unknown charset is no reason to give up", "[mail][security]") {
  CHECK(text_to_utf8("a\xff", "no-such", native_charsets()) == "a\xc3\xbf");
  CHECK(text_to_utf8("a", std::string(100000, 'x'), native_charsets()) == "a");
  CHECK(text_to_utf8("\xfc", " latin1 ", native_charsets()) == "\xc3\xbc");
}

TEST_CASE("is_utf8: RFC 3629 and nothing else", "[mail][security]") {
  CHECK(is_utf8("a\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf"));
  const auto bad = GENERATE(as<std::string>{}, "\x80", "\xc3", "\xc0\xaf", "\xc1\xbf",
                            "\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80",
                            "\xf8\x88\x80\x80\x80", "\xe2\x82", "\xff");
  CHECK_FALSE(is_utf8(bad));
  CHECK(is_utf8(repair_utf8("x" + bad + "y")));
  CHECK(repair_utf8("x" + bad + "y").size() == 2 + 3 * bad.size());
}

TEST_CASE("cut_utf8: whole characters", "[mail]") {
  CHECK(cut_utf8("a\xe2\x82\xac", 3) == "a");
  CHECK(cut_utf8("a\xe2\x82\xac", 4) == "a\xe2\x82\xac");
  CHECK(cut_utf8("\xe2\x82\xac", 1).empty());
}

TEST_CASE("append_utf8: all sizes", "[mail]") {
  std::string text;
  for (const char32_t code : {U'\x24', U'\xA2', U'\x20AC', U'\x10348'}) append_utf8(text, code);
  CHECK(text == "$\xc2\xa2\xe2\x82\xac\xf0\x90\x8d\x88");
}

}  // namespace
}  // namespace postern::mail
