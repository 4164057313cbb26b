#include "lib/io/pcre2/perl_syntax.hpp"

#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

TEST_CASE("pcre2_syntax: charset modifiers go, others stay", "[io][pcre2]") {
  CHECK(pcre2_syntax("(?aa)a") == "a");
  CHECK(pcre2_syntax("(?^aai:a)") == "(?^i:a)");
  CHECK(pcre2_syntax("(?i-s:a)(?:b)(?=c)(?<n>d)") == "(?i-s:a)(?:b)(?=c)(?<n>d)");
  CHECK(pcre2_syntax("(?a:b)") == "(?:b)");
}

TEST_CASE("pcre2_syntax: repetitions as Perl 5.34 reads them", "[io][pcre2]") {
  CHECK(pcre2_syntax("a{,3}") == "a{0,3}");
  CHECK(pcre2_syntax("a{ 1, 3 }b{2,}c{4}") == "a{1,3}b{2,}c{4}");
  CHECK(pcre2_syntax("a{,}b{x}c{1,2") == "a{,}b{x}c{1,2");
}

TEST_CASE("pcre2_syntax: what is escaped, in a class, or in a comment is left alone",
          "[io][pcre2]") {
  for (const char* pattern : {"\\(?aa)", "[{,3}]", "[]{,3}]", "[^]{,3}]", "[[:alpha:]{,3}]",
                              "(?#{,3}(?aa)", "a\\{,3}", "[\\]{,3}]", "", "\\", "[", "(?", "{"}) {
    CAPTURE(pattern);
    CHECK(pcre2_syntax(pattern) == pattern);
  }
}

TEST_CASE("pcre2_syntax: what is of string literals is refused", "[io][pcre2]") {
  for (const char* pattern : {"a\\Qb", "\\Eb", "[\\u]", "\\l"}) {
    CAPTURE(pattern);
    CHECK_FALSE(pcre2_syntax(pattern));
  }
  CHECK(pcre2_syntax("ab\\Q").error() == "at offset 2: Perl knows no \\Q in such a pattern");
}

}  // namespace
}  // namespace postern::io
