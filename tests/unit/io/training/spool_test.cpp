#include "lib/io/training/spool.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "lib/io/training/senders.hpp"
#include "lib/io/training/spool_reader.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/io/training/temporary_directory.hpp"

namespace postern::io {
namespace {

namespace fs = std::filesystem;

std::string own_directory(const test::TemporaryDirectory& spool) {
  return spool.path + "/" + std::to_string(::geteuid());
}

std::size_t files_in(const std::string& directory) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory), {}));
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

TEST_CASE("Spool: what is kept is read, in the order of names; what is not kept goes",
          "[training]") {
  const test::TemporaryDirectory directory;
  Spool spool(directory.path, {});
  auto second = spool.write("2", "line two", "message two");
  auto first = spool.write("1", "line one", "message one");
  REQUIRE(first);
  REQUIRE(second);
  CHECK(list_spool(directory.path, 10)->empty());
  CHECK(first->keep());
  CHECK(second->keep());
  { CHECK(spool.write("3", "line", "dropped")); }
  const auto files = *list_spool(directory.path, 10);
  REQUIRE(files.size() == 2);
  CHECK(files[0].sender == ::geteuid());
  CHECK(read_spooled(files[0], 100) == "line one\nmessage one");
  CHECK(read_spooled(files[1], 100) == "line two\nmessage two");
  CHECK_FALSE(read_spooled(files[1], 10));
  CHECK(remove_spooled(files[0]));
  CHECK(remove_spooled(files[0]));
  CHECK(files_in(own_directory(directory)) == 1);
  CHECK(list_spool(directory.path, 0)->empty());
}

TEST_CASE("Spool: bounded in number and size", "[training][security]") {
  const test::TemporaryDirectory directory;
  Spool few(directory.path, {2, 1000});
  CHECK(few.write("1", "l", "m")->keep());
  CHECK(few.write("2", "l", "m")->keep());
  const auto third = few.write("3", "l", "m");
  REQUIRE_FALSE(third);
  CHECK(third.error() ==
        own_directory(directory) + ": is full (2 messages); start postern-learner");
  Spool small(directory.path, {10, 20});
  CHECK_FALSE(small.write("4", "l", std::string(20, 'x')));
}

TEST_CASE("Spool: an id that is there already is not written over", "[training]") {
  const test::TemporaryDirectory directory;
  Spool spool(directory.path, {});
  const auto first = spool.write("1", "l", "first");
  REQUIRE(first);
  CHECK_FALSE(spool.write("1", "l", "second"));
}

TEST_CASE("Spool: no directory, none that is another's, no link", "[training][security]") {
  const test::TemporaryDirectory directory;
  CHECK_FALSE(Spool("", {}).write("1", "l", "m"));
  CHECK_FALSE(Spool(directory.path + "/none", {}).write("1", "l", "m"));
  fs::create_directory(directory.path + "/elsewhere");
  fs::create_symlink(directory.path + "/elsewhere", own_directory(directory));
  CHECK_FALSE(Spool(directory.path, {}).write("1", "l", "m"));
  CHECK(files_in(directory.path + "/elsewhere") == 0);
}

TEST_CASE("Spool: readable and removable for the group, for nobody else", "[training][security]") {
  const test::TemporaryDirectory directory;
  const mode_t before = ::umask(077);
  Spool spool(directory.path, {});
  auto file = spool.write("1", "l", "m");
  ::umask(before);
  REQUIRE(file);
  REQUIRE(file->keep());
  struct stat status {};
  REQUIRE(::stat(own_directory(directory).c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0770);
  REQUIRE(::stat((own_directory(directory) + "/1").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0660);
}

TEST_CASE("list_spool: directories of others than they say, and odd names",
          "[training][security]") {
  const test::TemporaryDirectory directory;
  for (const std::string name : {"12345678", "x", "1x", "-1"}) {
    fs::create_directory(directory.path + "/" + name);
    write_file(directory.path + "/" + name + "/1", "line\nmessage");
  }
  CHECK(list_spool(directory.path, 10)->empty());
  CHECK(list_spool(directory.path + "/none", 10)->empty());
}

TEST_CASE("read_spooled: no link of any kind, no pipe", "[training][security]") {
  const test::TemporaryDirectory directory;
  const std::string own = own_directory(directory);
  fs::create_directory(own);
  write_file(directory.path + "/secret", "line\nsecret");
  fs::create_symlink(directory.path + "/secret", own + "/1");
  fs::create_hard_link(directory.path + "/secret", own + "/2");
  REQUIRE(::mkfifo((own + "/3").c_str(), 0600) == 0);
  const auto files = *list_spool(directory.path, 10);
  REQUIRE(files.size() == 3);
  for (const Spooled& file : files) CHECK_FALSE(read_spooled(file, 100));
}

TEST_CASE("read_spooled: a file of another user", "[training][security]") {
  const test::TemporaryDirectory directory;
  write_file(directory.path + "/1", "line\nmessage");
  CHECK_FALSE(read_spooled({directory.path + "/1", ::geteuid() + 1}, 100));
  CHECK(read_spooled({directory.path + "/1", ::geteuid()}, 100));
}

TEST_CASE("list_spool: what a dead writer left is removed after an hour, not before",
          "[training]") {
  const test::TemporaryDirectory directory;
  fs::create_directory(own_directory(directory));
  for (const std::string name : {"/.old", "/.new"})
    write_file(own_directory(directory) + name, "x");
  fs::last_write_time(own_directory(directory) + "/.old",
                      fs::file_time_type::clock::now() - std::chrono::hours(2));
  CHECK(list_spool(directory.path, 10)->empty());
  CHECK(files_in(own_directory(directory)) == 1);
}

TEST_CASE("Senders: root, those named, and login names for their own mailbox",
          "[training][security]") {
  Senders named({"nobody", "4711", "no-such-user"}, false);
  CHECK(named.unknown() == std::vector<std::string>{"no-such-user"});
  CHECK(named.may_speak(0, "alice"));
  CHECK(named.may_speak(65534, "alice"));
  CHECK(named.may_speak(4711, "alice"));
  CHECK_FALSE(named.may_speak(1, "alice"));
  CHECK_FALSE(named.may_speak(1, "daemon"));
  Senders system({}, true);
  CHECK(system.may_speak(1, "daemon"));
  CHECK_FALSE(system.may_speak(1, "alice"));
  CHECK_FALSE(system.may_speak(1, "daemon@example.org"));
  CHECK_FALSE(system.may_speak(123456789, ""));
}

}  // namespace
}  // namespace postern::io
