#include "lib/io/iconv/charset_converter.hpp"

#include "lib/io/iconv/charset_table.hpp"
#include "lib/mail/utf8.hpp"
#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

using namespace std::string_literals;

TEST_CASE("to_utf8: charsets of mail", "[io][iconv]") {
  struct Row {
    std::string charset;
    std::string bytes;
    std::string text;
  };
  const auto row = GENERATE(values<Row>({
      {"UTF-8", "z\xc3\xbc", "z\xc3\xbc"},
      {"ISO-8859-15", "\xa4", "\xe2\x82\xac"},
      {"iso-8859-2", "\xb1", "\xc4\x85"},
      {"koi8-r", "\xf2", "\xd0\xa0"},
      {"windows-1251", "\xcf", "\xd0\x9f"},
      {"gb2312", "\xc4\xe3\xba\xc3", "\xe4\xbd\xa0\xe5\xa5\xbd"},
      {"big5", "\xa7\x41", "\xe4\xbd\xa0"},
      {"big5-hkscs", "\x88\x66", "\xc3\x8a"},  // held back until the end
      {"iso-2022-jp", "\x1b$B$\"\x1b(B", "\xe3\x81\x82"},
      {"Shift_JIS", "\x82\xa0", "\xe3\x81\x82"},
      {"euc-kr", "\xb0\xa1", "\xea\xb0\x80"},
      {"utf-7", "+AOk-", "\xc3\xa9"},
      {"utf-16le", "A\0B\0"s, "AB"},
  }));
  INFO(row.charset);
  const auto text = IconvCharsets().to_utf8(row.bytes, row.charset);
  if (!text) {
    WARN("skipped: " << row.charset << " is not installed");
    return;
  }
  CHECK(*text == row.text);
}

TEST_CASE("to_utf8: what is no text becomes U+FFFD and the rest is read", "[io][iconv][security]") {
  const IconvCharsets charsets;
  const std::string bad(mail::replacement_character);
  CHECK(charsets
            .to_utf8("\xff"
                     "A",
                     "euc-jp")
            .value_or("A") == bad + "A");
  CHECK(charsets.to_utf8("A\xa4", "euc-jp").value_or("A" + bad) == "A" + bad);
  CHECK(charsets.to_utf8("A\0B"s, "utf-16le").value_or("A" + bad) == "A" + bad);
}

TEST_CASE("to_utf8: bounded for any octets in any charset of the table", "[io][iconv][security]") {
  const auto charset =
      GENERATE(as<std::string>{}, "utf-7", "iso-2022-jp", "iso-2022-kr", "gb18030", "big5",
               "euc-tw", "utf-16", "utf-32", "cp949", "tis-620", "euc-jp", "cp932");
  std::string bytes;
  for (int i = 0; i < 20000; ++i) bytes += static_cast<char>(i * 31 + i / 256 * 7 + 0x1b);
  const auto text = IconvCharsets().to_utf8(bytes, charset);
  if (!text) return;
  CHECK(text->size() <= 4 * bytes.size());
  CHECK(mail::is_utf8(*text));
}

TEST_CASE("to_utf8: only names of the table reach the system", "[io][iconv][security]") {
  const auto name = GENERATE(as<std::string>{}, "", "x-unknown", "ISO-8859-2//TRANSLIT",
                             "../../tmp/evil", "ISO-2022-CN-EXT", "IBM930", "UTF-8//IGNORE");
  CHECK_FALSE(IconvCharsets().to_utf8("A", name).has_value());
  CHECK_FALSE(find_charset(name).has_value());
}

}  // namespace
}  // namespace postern::io
