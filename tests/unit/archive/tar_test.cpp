#include "lib/archive/tar.hpp"

#include "lib/archive/gzip.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/archive/make_archive.hpp"

namespace postern::archive {
namespace {

using test::tar_entry;

using Names = std::vector<std::string>;

const std::string end_of_tar(1'024, '\0');

TEST_CASE("read_tar: entries with their octets", "[archive]") {
  const std::string text = tar_entry("a.txt", "one") + tar_entry("f/", "", '5') +
                           tar_entry("b.txt", std::string(513, 'b')) + end_of_tar;
  CHECK(is_tar(text));
  const Directory directory = read_tar(text, 10);
  REQUIRE(directory.entries.size() == 3);
  CHECK(directory.entries[0].data == "one");
  CHECK(directory.entries[1].is_folder);
  CHECK(directory.entries[2].data.size() == 513);
  CHECK(directory.defects.text().empty());
  CHECK(read_tar(text, 2).is_cut);
}

TEST_CASE("read_tar: links, devices, and pipes are no files", "[archive][security]") {
  const Directory directory =
      read_tar(tar_entry("a", "1") + tar_entry("b", "1", '\0') + tar_entry("c", "", '5') +
                   tar_entry("d", "", '1') + tar_entry("e", "", '2') + tar_entry("f", "", '3') +
                   tar_entry("g", "", '4') + tar_entry("h", "", '6') + end_of_tar,
               10);
  std::string special;
  for (const Entry& entry : directory.entries) {
    if (entry.is_special) special += entry.names.front();
  }
  CHECK(special == "defgh");
}

TEST_CASE("read_tar: long names count, and the short ones too", "[archive][security]") {
  const std::string pax = "17 path=evil.exe\n";
  const std::string text = tar_entry("x", "long.exe", 'L') + tar_entry("a.txt", "1") +
                           tar_entry("x", pax, 'x') + tar_entry("b.txt", "2");
  const Directory directory = read_tar(text, 10);
  REQUIRE(directory.entries.size() == 2);
  CHECK(directory.entries[0].names == Names{"long.exe", "a.txt"});
  CHECK(directory.entries[1].names == Names{"evil.exe", "b.txt"});
}

TEST_CASE("read_tar: what is cut or no header is a defect", "[archive][security]") {
  std::string text = tar_entry("a.txt", std::string(600, 'a'));
  text.resize(700);
  CHECK(read_tar(text, 10).defects.contains(Defect::truncated));
  CHECK(
      read_tar(tar_entry("a", "1") + std::string(512, 'x'), 10).defects.contains(Defect::corrupt));
  CHECK_FALSE(is_tar(std::string(512, 'x')));
  CHECK_FALSE(is_tar("short"));
}

TEST_CASE("read_gzip_header: the name, and where the data begins", "[archive]") {
  const std::string text = test::make_gzip("one", "a.txt");
  const auto header = read_gzip_header(text);
  REQUIRE(header);
  CHECK(header->name == "a.txt");
  CHECK(text.substr(header->size) == test::deflated("one") + std::string(8, '\0'));
  CHECK_FALSE(read_gzip_header(text.substr(0, 12)));  // the name never ends
  CHECK_FALSE(read_gzip_header("no gzip at all"));
}

}  // namespace
}  // namespace postern::archive
