#include "lib/io/files/config_files.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

namespace fs = std::filesystem;

struct Directory {
  Directory() : path(fs::temp_directory_path() / ("postern-config-" + std::to_string(::getpid()))) {
    fs::create_directories(path / "postern.d");
  }
  ~Directory() { fs::remove_all(path); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path / name) << text;
  }
  fs::path path;
};

TEST_CASE("load_config_files: drop-ins come later, in the order of their names", "[files]") {
  const Directory directory;
  directory.write("postern.toml", "a = 1\nb = 1\nc = 1\n");
  directory.write("postern.d/10-x.toml", "b = 2\nc = 2\n");
  directory.write("postern.d/20-y.toml", "\nc = 3\n");
  directory.write("postern.d/ignored.txt", "not toml at all");
  const auto document = load_config_files(directory.path / "postern.toml");
  REQUIRE(document.has_value());
  CHECK(document->at("a").value == config::Value(std::int64_t{1}));
  CHECK(document->at("b").value == config::Value(std::int64_t{2}));
  CHECK(document->at("c").value == config::Value(std::int64_t{3}));
  CHECK(document->at("c").line == 2);
  CHECK(document->at("c").file.ends_with("20-y.toml"));
}

TEST_CASE("load_config_files: what cannot be read is named", "[files]") {
  const Directory directory;
  const auto missing = load_config_files(directory.path / "none.toml");
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().text().ends_with("none.toml: cannot be read: No such file or directory"));
  directory.write("postern.toml", "a = 1\n");
  directory.write("postern.d/bad.toml", "a = 1\nb = \n");
  const auto bad = load_config_files(directory.path / "postern.toml");
  REQUIRE_FALSE(bad.has_value());
  CHECK(bad.error().text().find("bad.toml:2: ") != std::string::npos);
  CHECK_FALSE(read_file(directory.path / "postern.toml", 3).has_value());
}

TEST_CASE("find_config_file: the one given, whether it exists or not, else that of the system",
          "[files]") {
  const Directory directory;
  const std::string of_system = directory.path / "postern.toml";
  CHECK(find_config_file("/nonexistent/x.toml", of_system) == "/nonexistent/x.toml");
  CHECK(find_config_file("", of_system).empty());
  directory.write("postern.toml", "a = 1\n");
  CHECK(find_config_file("", of_system) == of_system);
  // What cannot be looked at is not taken for absent.
  const std::string too_long = "/" + std::string(300, 'x');
  CHECK(find_config_file("", too_long) == too_long);
}

TEST_CASE("load_config_files: without a file of the system its drop-ins count", "[files]") {
  const Directory directory;
  const std::string of_system = directory.path / "postern.toml";
  const auto nothing = load_config_files("", of_system);
  REQUIRE(nothing.has_value());
  CHECK(nothing->empty());
  CHECK(describe_config("", of_system) == "built-in defaults; there is no " + of_system);
  directory.write("postern.d/10-x.toml", "b = 2\n");
  const auto part = load_config_files("", of_system);
  REQUIRE(part.has_value());
  CHECK(part->at("b").value == config::Value(std::int64_t{2}));
  CHECK(describe_config("", of_system) ==
        (directory.path / "postern.d").string() + "; there is no " + of_system);
  directory.write("postern.toml", "b = 1\na = 1\n");
  const auto both = load_config_files("", of_system);
  REQUIRE(both.has_value());
  CHECK(both->size() == 2);
  CHECK(describe_config("", of_system) == of_system);
  CHECK(describe_config("/x.toml", of_system) == "/x.toml");
}

TEST_CASE("load_config_files: drop-ins that cannot be listed are an error", "[files]") {
  const Directory directory;
  directory.write("postern.toml", "a = 1\n");
  fs::remove(directory.path / "postern.d");
  fs::create_directory_symlink("postern.d", directory.path / "postern.d");  // a loop
  const auto document = load_config_files(directory.path / "postern.toml");
  REQUIRE_FALSE(document.has_value());
  CHECK(document.error().text().find("postern.d: cannot be read: ") != std::string::npos);
}

}  // namespace
}  // namespace postern::io
