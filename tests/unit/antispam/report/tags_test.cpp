#include "lib/antispam/report/tags.hpp"

#include "tests/support/catch.hpp"

namespace postern::antispam {
namespace {

struct Fixture {
  Options options;
  SpamVerdict verdict;
  std::vector<std::string> body;
  [[nodiscard]] std::string replaced(std::string_view text) const {
    return replace_tags(text, {options, verdict, "mx.example.org", "now", "x", body});
  }
};

Fixture judged(double score, double required = 5) {
  Fixture f;
  f.verdict.score = score;
  f.verdict.required_score = required;
  return f;
}

TEST_CASE("tags with and without arguments") {
  Fixture f = judged(7.44);
  f.verdict.hits = {{"B", 2, "", "", {}}, {"A", 0.001, "", "", {}}};
  f.verdict.subrules = {"__Y", "__X"};
  f.verdict.tags["LASTEXTERNALIP"] = "192.0.2.1";
  CHECK(f.replaced("_YESNO_ _YESNOCAPS_ _YESNO(spam,ham)_") == "Yes YES spam");
  CHECK(f.replaced("_SCORE_/_REQD_ _SCORE(0)_ _SCORE(00)_ _SCORE( )_") ==
        "7.4/5.0 07.4 007.4  7.4");
  CHECK(f.replaced("_STARS_ _STARS(x)_") == "******* xxxxxxx");
  CHECK(f.replaced("_TESTS_ _TESTS( )_ _TESTSSCORES_ _SUBTESTS_") == "A,B A B A=0.001,B=2 __X,__Y");
  CHECK(f.replaced("_LASTEXTERNALIP_ _BAYES_ _HOSTNAME_") == "192.0.2.1 0.5 mx.example.org");
}

TEST_CASE("what is no tag stays") {
  const Fixture f = judged(1);
  for (const char* text :
       {"_", "__", "_FOO_", "_lower_", "_SCORE", "_YESNO(a_", "_A_B_", "a_b_c"}) {
    CHECK(f.replaced(text) == text);
  }
  CHECK(f.replaced("_FOO_SCORE_") == "_FOO_SCORE_");  // one name
  CHECK(f.replaced("_SCORE_X") == "1.0X");            // an open name gives way to a shorter one
  CHECK(f.replaced("_NO_ _SCORE_") == "_NO_ 1.0");
}

TEST_CASE("rounding never shows a score as spam that is none") {
  CHECK(judged(4.96).replaced("_SCORE_") == "4.9");
  CHECK(judged(4.94).replaced("_SCORE_") == "4.9");
  CHECK(judged(5).replaced("_SCORE_") == "5.0");
  CHECK(judged(-120.25).replaced("_SCORE_") == "-120.2");
}

TEST_CASE("stars are at most fifty, and none below one") {
  CHECK(judged(120).replaced("_STARS_") == std::string(50, '*'));
  CHECK(judged(0.9).replaced("_STARS_").empty());
  CHECK(judged(-3).replaced("_STARS_").empty());
}

TEST_CASE("nothing hit") {
  CHECK(judged(0).replaced("_TESTS_ _TESTSSCORES_ _SUBTESTS_") == "none none none");
}

TEST_CASE("the table of hits, with long descriptions and details") {
  Fixture f = judged(20);
  f.verdict.hits = {
      {"SHORT", 12.5, "", "One", {}},
      {"WITH_A_LONG_NAME_OF_MANY_LETTERS",
       0.5,
       "BODY: ",
       "A description that goes on and on until it reaches beyond the right edge of the table",
       {}},
      {"DETAILED",
       1,
       "",
       "Two",
       {"here is something that is longer than forty-seven columns of text"}}};
  // As SpamAssassin 4.0.1 prints them.
  CHECK(f.replaced("_SUMMARY_") ==
        "  12 SHORT                  One\n"
        " 0.5 WITH_A_LONG_NAME_OF_MANY_LETTERS BODY: A description that goes on and\n"
        "                             on until it reaches beyond the right edge of\n"
        "                            the table\n"
        " 1.0 DETAILED               Two\n"
        "                            [here is something that is longer than]\n"
        "                            [forty-seven columns of text]\n");
}

TEST_CASE("a preview has some lines of the body, tidied") {
  Fixture f = judged(0);
  f.body = {"The subject\n", "Hello there,   friend\n", "----------------------------\n",
            "This is a multi-part message in MIME format. Third line\n", "Fourth\n"};
  CHECK(f.replaced("_PREVIEW_") == "Hello there, friend Third line ");
  f.body = {"S\n", std::string(300, 'x') + "\n"};
  CHECK(f.replaced("_PREVIEW_") == std::string(200, 'x') + "\n   [...] ");
  f.body = {"S\n"};
  CHECK(f.replaced("[_PREVIEW_]") == "[]");
}

}  // namespace
}  // namespace postern::antispam
