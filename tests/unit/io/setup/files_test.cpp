#include "lib/io/setup/files.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "lib/io/setup/diff.hpp"
#include "lib/io/setup/temporary_directory.hpp"
#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

using Catch::Matchers::Contains;

TEST_CASE("write_system_file: mode stays, content is new, nothing is left beside it", "[setup]") {
  const auto folder = TemporaryDirectory::make();
  REQUIRE(folder);
  const std::string file = folder->path() + "/main.cf";
  CHECK(read_system_file(file).value() == std::nullopt);
  REQUIRE(write_system_file(file, "one"));
  REQUIRE(::chmod(file.c_str(), 0640) == 0);
  REQUIRE(write_system_file(file, "two"));
  CHECK(read_system_file(file).value() == "two");
  struct stat info {};
  REQUIRE(::stat(file.c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0640);
  CHECK(::access((file + ".postern-new").c_str(), F_OK) != 0);
  REQUIRE(remove_system_file(file));
  REQUIRE(remove_system_file(file));
}

TEST_CASE("read_system_file: symbolic links and directories are refused", "[setup]") {
  const auto folder = TemporaryDirectory::make();
  REQUIRE(folder);
  const std::string link = folder->path() + "/link";
  REQUIRE(::symlink("/etc/hostname", link.c_str()) == 0);
  CHECK_THAT(read_system_file(link).error(), Contains("symbolic link"));
  CHECK_THAT(read_system_file(folder->path()).error(), Contains("is no file"));
}

TEST_CASE("read_system_file: a limit of its own for each kind of file", "[setup]") {
  const auto folder = TemporaryDirectory::make();
  REQUIRE(folder);
  const std::string file = folder->path() + "/ledger.json";
  REQUIRE(write_system_file(file, std::string(max_system_file + 1, 'x')));
  CHECK_THAT(read_system_file(file).error(), Contains("is larger than 4194304 bytes"));
  CHECK(read_system_file(file, max_system_file + 1).value()->size() == max_system_file + 1);
}

TEST_CASE("remove_leftover: only what a killed run of ours can have left", "[setup]") {
  const auto folder = TemporaryDirectory::make();
  REQUIRE(folder);
  const std::string file = folder->path() + "/main.cf";
  REQUIRE(write_system_file(file, "whole"));
  REQUIRE(write_system_file(file + ".postern-new", "half"));
  REQUIRE(write_system_file(folder->path() + "/other.postern-new", "of another file"));
  remove_leftover(file);
  remove_leftover(folder->path() + "/not-there");
  CHECK(read_system_file(file).value() == "whole");
  CHECK(read_system_file(file + ".postern-new").value() == std::nullopt);
  CHECK(read_system_file(folder->path() + "/other.postern-new").value().has_value());
  REQUIRE(::symlink(file.c_str(), (file + ".postern-new").c_str()) == 0);
  remove_leftover(file);
  struct stat info {};
  CHECK(::lstat((file + ".postern-new").c_str(), &info) == 0);
}

TEST_CASE("make_directories: tells which it made", "[setup]") {
  const auto folder = TemporaryDirectory::make();
  REQUIRE(folder);
  const auto made = make_directories(folder->path() + "/a/b");
  REQUIRE(made.has_value());
  CHECK(*made == std::vector<std::string>{folder->path() + "/a", folder->path() + "/a/b"});
  CHECK(make_directories(folder->path() + "/a/b")->empty());
}

TEST_CASE("unified_diff: as diff(1) shows it", "[setup]") {
  CHECK(unified_diff("/x", "a\n", "b\n").value() == "--- /x\n+++ /x\n@@ -1 +1 @@\n-a\n+b\n");
  CHECK_THAT(unified_diff("/x", std::nullopt, "b\n").value(), Contains("--- /dev/null"));
  CHECK(unified_diff("/x", "a\n", "a\n").value().empty());
}

}  // namespace
}  // namespace postern::io
