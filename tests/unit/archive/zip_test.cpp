#include "lib/archive/zip.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/archive/make_archive.hpp"

namespace postern::archive {
namespace {

using test::make_zip;
using test::number;

using Names = std::vector<std::string>;

Names first_names(const Directory& directory) {
  Names names;
  for (const Entry& entry : directory.entries) {
    names.push_back(entry.names.empty() ? "" : entry.names.front());
  }
  return names;
}

TEST_CASE("read_zip: a sound archive has its entries and no defect", "[archive]") {
  const std::string text = make_zip({{"a.txt", "one"}, {"folder/", ""}, {"b.txt", "two"}});
  CHECK(is_zip(text));
  const Directory directory = read_zip(text, 10);
  CHECK(first_names(directory) == Names{"a.txt", "folder/", "b.txt"});
  CHECK(directory.defects.text().empty());
  CHECK(directory.entries[0].data == "one");
  CHECK(directory.entries[1].is_folder);
  CHECK_FALSE(directory.is_cut);
}

TEST_CASE("read_zip: a program before the archive changes nothing", "[archive]") {
  const std::string text = make_zip({{"a.txt", "one"}}, "MZ a program that unpacks itself");
  CHECK(is_zip(text));
  const Directory directory = read_zip(text, 10);
  CHECK(first_names(directory) == Names{"a.txt"});
  CHECK(directory.defects.text().empty());
  CHECK(directory.entries[0].data == "one");
}

TEST_CASE("is_zip: an archive inside a document makes it none", "[archive]") {
  const std::string zip = make_zip({{"a.txt", "one"}});
  CHECK_FALSE(is_zip("%PDF-1.7 " + zip + "%%EOF"));
  CHECK(is_zip("%PDF-1.7 " + zip));
  CHECK(is_zip("GIF89a " + zip + "more"));
  CHECK_FALSE(is_zip("PK and other letters"));
}

TEST_CASE("read_zip: both names count when they differ", "[archive][security]") {
  test::ZipEntry entry{"a.txt", "one"};
  entry.local_name = "a.exe";
  const Directory directory = read_zip(make_zip({entry}), 10);
  REQUIRE(directory.entries.size() == 1);
  CHECK(directory.entries[0].names == Names{"a.txt", "a.exe"});
  CHECK(directory.defects.contains(Defect::ambiguous));
}

TEST_CASE("read_zip: the Unicode path is a name as well", "[archive][security]") {
  test::ZipEntry entry{"a.txt", "one"};
  entry.extra = number(0x7075, 2) + number(10, 2) + "\1" + number(0, 4) + "b.exe";
  const Directory directory = read_zip(make_zip({entry}), 10);
  REQUIRE(directory.entries.size() == 1);
  CHECK(directory.entries[0].names == Names{"a.txt", "b.exe"});
}

TEST_CASE("read_zip: an entry that the directory does not name is found", "[archive][security]") {
  test::ZipEntry hidden{"evil.exe", "MZ"};
  hidden.is_listed = false;
  const Directory directory = read_zip(make_zip({{"a.txt", "one"}, hidden}), 10);
  CHECK(first_names(directory) == Names{"a.txt", "evil.exe"});
  CHECK(directory.defects.contains(Defect::hidden));
}

TEST_CASE("read_zip: what lies in a stored archive is no hidden entry", "[archive]") {
  const std::string inner = make_zip({{"inner.txt", "one"}});
  const Directory directory = read_zip(make_zip({{"inner.zip", inner}}), 10);
  CHECK(first_names(directory) == Names{"inner.zip"});
  CHECK(directory.defects.text().empty());
}

TEST_CASE("read_zip: an archive without its end is read by local headers", "[archive]") {
  test::ZipEntry streamed{"b.txt", "two"};
  streamed.has_descriptor = true;
  std::string text = make_zip({{"a.txt", "one"}, streamed, {"c.txt", "three"}});
  CHECK(read_zip(text, 10).defects.text().empty());
  text.resize(text.find("PK\1\2"));
  const Directory directory = read_zip(text, 10);
  CHECK(first_names(directory) == Names{"a.txt", "b.txt", "c.txt"});
  CHECK(directory.defects.contains(Defect::truncated));
  CHECK(directory.entries[1].data == "two");
}

TEST_CASE("read_zip: encrypted entries keep their names", "[archive]") {
  test::ZipEntry entry{"a.exe", "secret"};
  entry.is_encrypted = true;
  const Directory directory = read_zip(make_zip({entry}), 10);
  REQUIRE(directory.entries.size() == 1);
  CHECK(directory.entries[0].is_encrypted);
  CHECK(directory.entries[0].names == Names{"a.exe"});
}

TEST_CASE("read_zip: offsets and sizes that lie stay inside the text", "[archive][security]") {
  std::string text = make_zip({{"a.txt", "one"}});
  const std::size_t central = text.find("PK\1\2");
  text.replace(central + 20, 4, number(0xFFFFFF, 4));  // packed size
  CHECK(read_zip(text, 10).defects.contains(Defect::truncated));
  text.replace(central + 42, 4, number(0xFFFFFFF0, 4));  // offset of the local header
  CHECK(read_zip(text, 10).defects.contains(Defect::corrupt));
}

TEST_CASE("read_zip: entries that share their octets are noted", "[archive][security]") {
  std::string text = make_zip({{"a.txt", "one"}, {"a.txt", "one"}});
  const std::size_t second = text.rfind("PK\1\2");
  text.replace(second + 42, 4, number(0, 4));
  const Directory directory = read_zip(text, 10);
  CHECK(directory.defects.contains(Defect::overlapping));
}

TEST_CASE("read_zip: numbers of zip64 are read", "[archive]") {
  test::ZipEntry entry{"a.txt", "one"};
  entry.extra = number(1, 2) + number(8, 2) + number(3, 8);
  std::string text = make_zip({entry});
  text.replace(text.find("PK\1\2") + 20, 4, number(0xFFFFFFFF, 4));
  const Directory directory = read_zip(text, 10);
  REQUIRE(directory.entries.size() == 1);
  CHECK(directory.entries[0].data == "one");
  CHECK(directory.defects.text().empty());
}

TEST_CASE("read_zip: no more entries than asked for", "[archive]") {
  const Directory directory = read_zip(make_zip({{"a", "1"}, {"b", "2"}, {"c", "3"}}), 2);
  CHECK(directory.entries.size() == 2);
  CHECK(directory.is_cut);
}

TEST_CASE("read_zip: a name that is too long keeps its end", "[archive][security]") {
  const Directory directory = read_zip(make_zip({{std::string(2'000, 'a') + ".exe", "1"}}), 2);
  REQUIRE(directory.entries.size() == 1);
  CHECK(directory.entries[0].names.front().size() == max_name_size);
  CHECK(directory.entries[0].names.front().ends_with(".exe"));
  CHECK(directory.defects.contains(Defect::long_name));
}

}  // namespace
}  // namespace postern::archive
