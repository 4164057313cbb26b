// Expected values are what Encode 3.17 of Perl 5.36 gives.
#include "lib/io/iconv/strict_charsets.hpp"

#include <string>

#include "lib/io/iconv/encode_names.hpp"
#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

using Text = std::optional<std::string>;

TEST_CASE("encode_name: the aliases of Encode", "[antispam]") {
  struct Case {
    std::string_view name, charset;
  };
  const Case cases[] = {{"UTF8", "utf8"},           {"x-utf-8", "utf-8-strict"},
                        {"gb2312", "euc-cn"},       {"hz-gb-2312", "euc-cn"},
                        {"GBK", "cp936"},           {"gb18030", ""},
                        {"Shift_JIS", "shiftjis"},  {"ks_c_5601-1987", "cp949"},
                        {"Windows-1251", "cp1251"}, {"iso_8859-15", "iso-8859-15"},
                        {"iso-8859-8-i", ""},       {"latin9", "iso-8859-15"},
                        {"koi8r", "koi8-r"},        {"big5", "big5-eten"},
                        {"unknown-8bit", ""}};
  for (const Case& each : cases) CHECK(encode_name(each.name) == each.charset);
}

TEST_CASE("decode: strict, so that one bad octet spoils all", "[antispam]") {
  const EncodeCharsets charsets;
  CHECK(charsets.decode("\xC3\xBC", "utf-8") == Text("\xC3\xBC"));
  CHECK_FALSE(charsets.decode("\xEF\xBF\xBE", "utf-8"));  // a noncharacter
  CHECK_FALSE(charsets.decode("\xED\xA0\x80", "utf-8"));  // half of a surrogate pair
  CHECK_FALSE(charsets.decode("\x81", "windows-1252"));
  CHECK(charsets.decode("\xB0\xA1", "gb2312") == Text("\xE5\x95\x8A"));
  CHECK(charsets.decode("a\xB0", "gb2312") == Text("a"));  // half a character at the end goes
  CHECK_FALSE(charsets.decode("a\xB0 b", "gb2312"));
  CHECK(charsets.decode("\x80", "gbk") == Text("\xE2\x82\xAC"));
  CHECK(charsets.decode("\\~\x81\x5F", "shift_jis") == Text("\\~\xEF\xBC\xBC"));
  CHECK_FALSE(charsets.decode("a\0b", "utf-16le"));
  CHECK_FALSE(charsets.decode("a", "x-unknown"));
}

TEST_CASE("decode_lenient: U+FFFD for what is no text", "[antispam]") {
  const EncodeCharsets charsets;
  CHECK(charsets.decode_lenient("a\xE2\x82z", "utf-8") == Text("a\xEF\xBF\xBDz"));
  CHECK(charsets.decode_lenient("\xA4\xFF"
                                "a",
                                "big5") == Text("\xEF\xBF\xBD\xEF\xBF\xBD"
                                                "a"));
  CHECK(charsets.decode_lenient("\x1B$B$3$s\x1B(Ba\x80", "iso-2022-jp") ==
        Text("\xE3\x81\x93\xE3\x82\x93"
             "a"));
  CHECK(charsets.decode_lenient("Hi +AGE-!", "utf-7") == Text("Hi a!"));
  CHECK_FALSE(charsets.decode_lenient("a", "x-unknown"));
}

}  // namespace
}  // namespace postern::io
