#include "lib/attachments/file_name.hpp"

#include <algorithm>

#include "tests/support/catch.hpp"

namespace postern::attachments {
namespace {

bool is_read_as(std::string_view name, std::string_view last, std::string_view before = "") {
  const NameSigns signs = read_name(name);
  return std::any_of(signs.readings.begin(), signs.readings.end(), [&](const Extensions& reading) {
    return reading.last == last && reading.before == before;
  });
}

TEST_CASE("read_name: extensions as Windows reads them", "[attachments][security]") {
  CHECK(is_read_as("a.exe", "exe"));
  CHECK(is_read_as("A.EXE", "exe"));
  CHECK(is_read_as("invoice.pdf.exe", "exe", "pdf"));
  CHECK(is_read_as("invoice.pdf          .exe", "exe", "pdf"));
  CHECK(is_read_as("a.exe. . .", "exe"));
  CHECK(is_read_as("a.exe ", "exe"));
  CHECK(is_read_as("\"a.exe\"", "exe"));
  CHECK(is_read_as("a.exe\xc2\xa0", "exe"));                // no-break space
  CHECK(is_read_as("a\xef\xbc\x8e\xef\xbd\x85xe", "exe"));  // fullwidth ".e"
  CHECK(is_read_as("a.e\xe2\x80\x8bxe", "exe"));            // zero width space
  CHECK(is_read_as("a.exe::$DATA", "exe"));                 // alternate data stream
  CHECK(is_read_as("a.txt:b.exe", "exe"));
  CHECK(is_read_as(std::string_view("a.exe\0.txt", 10), "exe"));         // C readers
  CHECK(is_read_as(std::string_view("a.txt\0.exe", 10), "exe", "txt"));  // others
  CHECK(is_read_as("folder.d\\sub/a.exe", "exe"));
  CHECK(is_read_as("report.{3050f4d8-98b5-11cf-bb82-00aa00bdce0b}",
                   "{3050f4d8-98b5-11cf-bb82-00aa00bdce0b}"));
}

TEST_CASE("read_name: names without extension have no reading", "[attachments]") {
  for (const char* name : {"", "readme", "...", "folder.d/readme", "a.", "."}) {
    INFO(name);
    CHECK(read_name(name).readings.empty());
  }
}

TEST_CASE("read_name: characters that turn the text are a sign", "[attachments][security]") {
  CHECK(read_name("annexe\xe2\x80\xae"
                  "fdp.exe")
            .is_turned);  // right-to-left override
  CHECK(
      is_read_as("annexe\xe2\x80\xae"
                 "fdp.exe",
                 "exe"));
  CHECK(read_name("a\xe2\x80\xab"
                  "txt.exe")
            .is_turned);  // right-to-left embedding without reason
  CHECK_FALSE(read_name("\xe2\x80\xaa"
                        "C.txt")
                  .is_turned);  // Windows puts it before paths
  CHECK_FALSE(read_name("\xe2\x80\xab\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d.pdf").is_turned);  // Hebrew
  CHECK_FALSE(read_name("a.txt").is_turned);
}

}  // namespace
}  // namespace postern::attachments
