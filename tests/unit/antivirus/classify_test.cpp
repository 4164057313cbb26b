// Tests of what the words of libclamav and clamd come to.
#include "lib/antivirus/classify.hpp"

#include "tests/support/catch.hpp"

namespace postern::antivirus {
namespace {

TEST_CASE("classify_match: heuristics that are no malice have results of their own",
          "[antivirus]") {
  struct Row {
    std::string_view name;
    Result result;
  };
  for (const Row& row :
       {Row{"Eicar-Test-Signature", Result::infected}, Row{"Own.UNOFFICIAL", Result::infected},
        Row{"Heuristics.Encrypted.Zip", Result::encrypted},
        Row{"Heuristics.Encrypted.PDF", Result::encrypted},
        Row{"Heuristics.OLE2.ContainsMacros", Result::macro},
        Row{"Heuristics.OLE2.ContainsMacros.VBA", Result::macro},
        Row{"Heuristics.Limits.Exceeded.MaxFiles", Result::unscannable},
        Row{"Heuristics.Limits.Exceeded.MaxRecursion.UNOFFICIAL", Result::unscannable},
        Row{"Heuristics.Phishing.Email.SpoofedDomain", Result::infected},
        Row{"heuristics.encrypted.zip", Result::infected},
        Row{"X.Heuristics.Encrypted.Zip", Result::infected}}) {
    CAPTURE(row.name);
    CHECK(classify_match(row.name).result == row.result);
    CHECK(classify_match(row.name).name == row.name);
  }
}

TEST_CASE("classify_match: without a name the object was over a limit", "[antivirus][security]") {
  const Outcome outcome = classify_match({});
  CHECK(outcome.result == Result::unscannable);
  CHECK(outcome.name == "over the size limit of the scanner");
}

TEST_CASE("classify_match: names are bounded and printable", "[antivirus][security]") {
  CHECK(classify_match("A\r\nB\x80\x1b").name == "A??B??");
  CHECK(classify_match(std::string(10'000, 'x')).name == std::string(max_name_size, 'x'));
  CHECK(classify_match("\n").result == Result::infected);
}

TEST_CASE("classify_error: the object is at fault unless the host is", "[antivirus]") {
  struct Row {
    std::string_view why;
    Result result;
  };
  for (const Row& row : {Row{"Time limit reached", Result::unscannable},
                         Row{"Bad format or broken data", Result::unscannable},
                         Row{"Can't unpack some data", Result::unscannable},
                         Row{"Can't allocate memory", Result::unscannable},
                         Row{"Can't create temporary file", Result::temperror},
                         Row{"Can't create temporary directory", Result::temperror},
                         Row{"Can't create new file", Result::temperror},
                         Row{"Can't write to file", Result::temperror},
                         Row{"Can't open file or directory", Result::temperror},
                         Row{"Can't access file", Result::temperror},
                         Row{"lstat() failed: Permission denied.", Result::temperror}}) {
    CAPTURE(row.why);
    CHECK(classify_error(row.why).result == row.result);
    CHECK(classify_error(row.why).name == row.why);
  }
  CHECK(classify_error({}).result == Result::unscannable);
  CHECK_FALSE(classify_error({}).name.empty());
  CHECK(classify_error("a\nb").name == "a?b");
}

}  // namespace
}  // namespace postern::antivirus
