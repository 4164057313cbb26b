#include "lib/antispam/report/wrap.hpp"

#include "tests/support/catch.hpp"

namespace postern::antispam {
namespace {

struct WrapCase {
  std::string_view text, prefix, first;
  std::size_t width;
  bool may_overflow;
  BreakAt break_at;
  std::string_view expected;
};

// Texts made at random; what is expected was printed by Mail::SpamAssassin::Util::wrap 4.0.1.
constexpr WrapCase cases[] = {
    {",ccc,bb ccc,bb\011", "", "      ", 10, false, BreakAt::after_space_or_comma,
     "      ,\012ccc,bb\012ccc,\012bb\011"},
    {"ccc, aadddddddddd ,eeeeeeeeeeeeeeeeeeeeeeeeeeeee\011,bb,abba\011dddddddddd_addddddddddccc,  "
     ",dddddddddd\011  ",
     "  ", "      ", 34, false, BreakAt::after_space_or_comma,
     "      ccc, aadddddddddd ,\012  eeeeeeeeeeeeeeeeeeeeeeeeeeeee\012  ,bb,abba\012  "
     "dddddddddd_addddddddddccc,  ,\012  dddddddddd\011  "},
    {"\011aa  bb  ccc,ccc,", "\011", "", 28, true, BreakAt::after_space_or_comma,
     "\011aa  bb  ccc,ccc,"},
    {"", "", "      ", 10, true, BreakAt::white_space, "      "},
    {"accc,bbdddddddddd,eeeeeeeeeeeeeeeeeeeeeeeeeeeee,  "
     ",_ccc,bbccc,a_\011bb,ddddddddddbbeeeeeeeeeeeeeeeeeeeeeeeeeeeeeaa  "
     "eeeeeeeeeeeeeeeeeeeeeeeeeeeeea\011",
     "", "      ", 17, false, BreakAt::white_space,
     "      accc,bbdddddddddd,eeeeeeeeeeeeeeeeeeeeeeeeeeeee,\012  "
     ",_ccc,bbccc,a_\012\012bb,"
     "ddddddddddbbeeeeeeeeeeeeeeeeeeeeeeeeeeeeeaa\012\012eeeeeeeeeeeeeeeeeeeeeeeeeeeeea\012\011"},
    {"bba", "", "", 37, false, BreakAt::after_space_or_comma, "bba"},
    {",\011,ccc,ddddddddddccc,bb\011, "
     "_adddddddddddddddddddd,eeeeeeeeeeeeeeeeeeeeeeeeeeeee_\011ccc, accc,dddddddddddddddddddd",
     "", "", 12, false, BreakAt::white_space,
     ",\012,ccc,ddddddddddccc,bb\012\011,\012_adddddddddddddddddddd,eeeeeeeeeeeeeeeeeeeeeeeeeeeee_"
     "\012\011ccc,\012\012accc,dddddddddddddddddddd"},
    {"ccc,,eeeeeeeeeeeeeeeeeeeeeeeeeeeee\011ccc,   ", "", "", 35, true,
     BreakAt::after_space_or_comma, "ccc,,eeeeeeeeeeeeeeeeeeeeeeeeeeeee\012ccc,   "},
    {"a,ccc, ", "  ", "", 26, true, BreakAt::after_space_or_comma, "a,ccc, "},
    {",, eeeeeeeeeeeeeeeeeeeeeeeeeeeee,bb,_\011\011,\011dddddddddd\011", "", "      ", 19, false,
     BreakAt::after_space_or_comma,
     "      ,,\012eeeeeeeeeeeeeeeeeeeeeeeeeeeee,\012bb,_\012\011,\012dddddddddd\011"},
    {"  _bb\011    ccc,  dddddddddd dddddddddd \011 _bb", "\011", "      ", 28, false,
     BreakAt::white_space,
     "        _bb\011    ccc,\012\011 dddddddddd\012\011dddddddddd\012\011_bb"},
    {"ccc,ddddddddddbbeeeeeeeeeeeeeeeeeeeeeeeeeeeeeadddddddddd", "\011", "      ", 33, false,
     BreakAt::after_space_or_comma,
     "      ccc,\012\011ddddddddddbbeeeeeeeeeeeeeeeeeeeeeeeeeeeeeadddddddddd"},
    {"  bb  dddddddddd\011\011bbccc,\011ccc,ccc,", "  ", "      ", 11, false,
     BreakAt::after_space_or_comma,
     "        bb\012\012  dddddddddd\012\012  bbccc,\012\012  ccc,ccc,"},
    {"eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee  ", "\011", "      ", 33, false,
     BreakAt::white_space,
     "      eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee\012\011  "},
};

TEST_CASE("lines break where SpamAssassin breaks them") {
  for (const WrapCase& c : cases) {
    WrapStyle style{c.prefix, c.first, c.width, c.may_overflow, c.break_at, false};
    CHECK(wrap(c.text, style) == c.expected);
  }
}

TEST_CASE("columns of UTF-8 are characters") {
  WrapStyle style;
  style.width = 8;
  style.is_utf8 = true;
  CHECK(wrap("\303\251\303\251\303\251 \303\251\303\251\303\251", style) ==
        "\303\251\303\251\303\251 \303\251\303\251\303\251");
}

TEST_CASE("a long text takes time in proportion") {
  const std::string text(1'000'000, ' ');
  CHECK(wrap(text, {}).size() < 2'000'000);
}

}  // namespace
}  // namespace postern::antispam
