// Parts of eval functions that need no message.
#include <string>

#include "lib/antispam/evals/alternatives.hpp"
#include "lib/antispam/evals/arguments.hpp"
#include "lib/antispam/evals/comparison.hpp"
#include "lib/antispam/evals/image_size.hpp"
#include "lib/antispam/evals/locales.hpp"
#include "lib/antispam/evals/rfc822_date.hpp"
#include "tests/support/catch.hpp"

namespace postern::antispam {
namespace {

using namespace std::string_view_literals;

TEST_CASE("parse_rfc822_date: reads what mail has", "[antispam][evals]") {
  const auto [text, time] = GENERATE(table<std::string, std::int64_t>({
      {"Mon, 3 May 2010 06:08:01 +0000", 1272866881},
      {"3 may 10 06:08 -0100", 1272870480},
      {"Mon May  3 06:08:01 2010", 1272844800},  // the time goes with the date
      {"31 Feb 2010 25:61:61 GMT", 1267487999},
      {"(3 May 2010 06:08:01 (PDT))", -1},
      {"3 May 2010 06:08:01 (PDT)", 1272892081},
      {"1 Jan 1970 00:00:00 +0100", 0},
      {"29 Feb 2040 00:00:00 +0000", -1},
      {"no date", -1},
      {"", -1},
  }));
  INFO(text);
  CHECK(parse_rfc822_date(text).value_or(-1) == time);
}

TEST_CASE("is_true_for: compares as Perl does", "[antispam][evals]") {
  const auto [value, condition, expected] = GENERATE(table<double, std::string, bool>({
      {1, "!= 0", true},
      {0, "!= 0", false},
      {511, "< 512", true},
      {3, "- 1 >= 2", true},
      {2, "== 1 + 1", true},
      {2, ">= -1", true},
      {2, "", false},
      {2, "x", false},
      {2, "<", false},
      {2, "< 3 < 4", false},
  }));
  INFO(value << " " << condition);
  CHECK(is_true_for(value, condition) == expected);
}

TEST_CASE("image sizes: from the first octets", "[antispam][evals]") {
  const auto gif = "GIF89a\x2c\x01\x40\x00\xa0"sv;
  CHECK(gif_size(gif) == ImageSize{64, 300});
  CHECK_FALSE(gif_size(gif.substr(0, 9)));
  const auto png = "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\1\0\0\0\0\x10\x08\2\0\0\0abcd"sv;
  CHECK(png_size(png) == ImageSize{16, 256});
  CHECK_FALSE(png_size(png.substr(0, 20)));
  const auto jpeg = "\xff\xd8\xff\xe0\0\4ab\xff\xc0\0\x11\x08\0\x20\0\x30\3"sv;
  CHECK(jpeg_size(jpeg) == ImageSize{32, 48});
  CHECK_FALSE(jpeg_size("\xff\xd8\xff\xda\0\4ab"));
  CHECK_FALSE(jpeg_size("\xff\xd8\xff\xe0\0\1"));
}

TEST_CASE("is_charset_ok: western charsets always are", "[antispam][evals]") {
  CHECK(is_charset_ok("iso-8859-5", "en"));
  CHECK(is_charset_ok("Windows-1251", "en"));
  CHECK_FALSE(is_charset_ok("koi8-r", "en"));
  CHECK(is_charset_ok("koi8-r", "en ru_RU.KOI8-R"));
  CHECK(is_charset_ok("gb2312", "zh_CN"));
  CHECK_FALSE(is_charset_ok("", "en"));
  CHECK(are_all_locales_ok("en all"));
  CHECK(is_likely_to_look_like_capitals("ISO-2022-JP"));
  CHECK_FALSE(is_likely_to_look_like_capitals("koi8-r;"));
}

TEST_CASE("glob_matches: stars and question marks over the whole text", "[antispam][evals]") {
  CHECK(glob_matches("*@Example.com", "joe@example.COM"));
  CHECK(glob_matches("a*b*c", "aXbXbXc"));
  CHECK(glob_matches("a?c", "abc"));
  CHECK_FALSE(glob_matches("a?c", "ac"));
  CHECK_FALSE(glob_matches("*@example.com", "joe@example.com.net"));
}

TEST_CASE("words_of: what has a letter, of both kinds of strings", "[antispam][evals]") {
  CHECK(words_of("one -- two_ \xe2\x80\x94 3", true).size() == 3);
  CHECK(words_of("\xc3\xa9\xe3\x80\x80\xc3\xa8", true).size() == 2);
  CHECK(words_of("\xc3\xa9", false).empty());
}

TEST_CASE("one_octet_per_character: lets patterns count characters", "[antispam][evals]") {
  CHECK(one_octet_per_character({"\xc3\xa9\xe2\x82\xac\xc2\xa0", true}) == "\xe9\x7f ");
  CHECK(one_octet_per_character({"\xc3\xa9", false}) == "\xc3\xa9");
  CHECK(perl_length({"\xc3\xa9", true}) == 1);
  CHECK(perl_number(" +1.5x") == 1.5);
  CHECK(perl_number("undef") == 0);
}

}  // namespace
}  // namespace postern::antispam
