#include "lib/io/files/regular_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::Contains;

class Folder {
 public:
  Folder() {
    fs::create_directories(path() + "/own/sub");
    fs::create_directories(path() + "/other");
    std::ofstream(path() + "/own/sub/a") << "content";
    std::ofstream(path() + "/other/secret") << "secret";
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path_); }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string own() const { return path_ + "/own"; }

 private:
  const std::string path_ =
      (fs::temp_directory_path() / ("regular-file-" + std::to_string(::getpid()))).string();
};

TEST_CASE("read_regular_file: what is no file is not waited for", "[io][security]") {
  const Folder folder;
  CHECK(read_regular_file(folder.own() + "/sub/a", 7) == "content");
  CHECK_THAT(read_regular_file(folder.own() + "/sub/a", 6).error(), Contains("larger than 6"));
  CHECK_THAT(read_regular_file(folder.own() + "/none", 6).error(), Contains("/none: No such file"));
  const std::string fifo = folder.own() + "/fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  for (const std::string& name : {fifo, folder.own(), std::string("/dev/null")}) {
    CHECK_THAT(read_regular_file(name, 9).error(), Contains(": is "));
  }
}

TEST_CASE("read_file_beneath: no link leads out of the directory", "[io][security]") {
  const Folder folder;
  const auto read = [&](const std::string& name) {
    return read_file_beneath(folder.own(), name, 9);
  };
  CHECK(read("sub/a") == "content");
  CHECK_THAT(read("none").error(), Contains("No such file"));
  fs::create_symlink("sub/a", folder.own() + "/file");
  fs::create_symlink("../other", folder.own() + "/folder");
  CHECK_THAT(read("file").error(), Contains("symbolic link"));
  CHECK_FALSE(read("folder/secret"));
  CHECK_FALSE(read("../other/secret"));
  CHECK_FALSE(read(""));
  REQUIRE(::mkfifo((folder.own() + "/fifo").c_str(), 0600) == 0);
  CHECK_THAT(read("fifo").error(), Contains("no regular file"));
  fs::create_directory_symlink("own", folder.path() + "/link");
  CHECK_THAT(read_file_beneath(folder.path() + "/link", "sub/a", 9).error(),
             Contains("symbolic link"));
}

}  // namespace
}  // namespace postern::io
