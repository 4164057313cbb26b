#include "lib/io/training/learner_directory.hpp"

#include <filesystem>
#include <fstream>

#include "tests/support/catch.hpp"
#include "tests/unit/io/training/temporary_directory.hpp"

namespace postern::io {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

const std::string hash_a(64, 'a');
const std::string hash_b(64, 'b');

LearnerDirectory open_in(const test::TemporaryDirectory& directory) {
  auto opened = LearnerDirectory::open(directory.path + "/learner", true);
  REQUIRE(opened);
  return std::move(*opened);
}

TEST_CASE("LearnerDirectory: accepted, read, kept", "[training]") {
  const test::TemporaryDirectory place;
  const LearnerDirectory directory = open_in(place);
  REQUIRE(directory.accept("2.1", "line two", "two\n\nlines"));
  REQUIRE(directory.accept("1.1", "line one", ""));
  CHECK(directory.accepted() == Names{"1.1", "2.1"});
  const auto file = directory.read("2.1");
  REQUIRE(file);
  CHECK(file->line == "line two");
  CHECK(file->message == "two\n\nlines");
  CHECK_FALSE(directory.read("3.1"));
  REQUIRE(directory.keep("2.1", "alice@example.org", hash_a));
  directory.drop("1.1");
  CHECK(directory.accepted().empty());
  CHECK(directory.kept("alice@example.org") ==
        Names{place.path + "/learner/messages/alice@example.org/" + hash_a});
  CHECK(directory.kept("bob@example.org").empty());
}

TEST_CASE("LearnerDirectory: learned anew, a message is kept once", "[training]") {
  const test::TemporaryDirectory place;
  const LearnerDirectory directory = open_in(place);
  for (const char* line : {"spam", "ham"}) {
    REQUIRE(directory.accept("1", line, "message"));
    REQUIRE(directory.keep("1", "alice", hash_a));
  }
  const Names kept = directory.kept("");
  REQUIRE(kept.size() == 1);
  std::string line;
  std::getline(std::ifstream(kept[0]) >> std::ws, line);
  CHECK(line == "ham");
}

TEST_CASE("LearnerDirectory: what a crash left half written is no event", "[training]") {
  const test::TemporaryDirectory place;
  const LearnerDirectory directory = open_in(place);
  std::ofstream(place.path + "/learner/incoming/.1") << "half";
  CHECK(directory.accepted().empty());
  CHECK_FALSE(fs::exists(place.path + "/learner/incoming/.1"));
}

TEST_CASE("LearnerDirectory: one learner at a time", "[training]") {
  const test::TemporaryDirectory place;
  const auto first = LearnerDirectory::open(place.path, true);
  REQUIRE(first);
  const auto second = LearnerDirectory::open(place.path, true);
  REQUIRE_FALSE(second);
  CHECK(second.error().find("another postern-learner") != std::string::npos);
  CHECK_FALSE(LearnerDirectory::open(place.path + "/none/at-all", true));
  CHECK(LearnerDirectory::open(place.path, false));
  CHECK_FALSE(LearnerDirectory::open(place.path + "/none", false));
  CHECK_FALSE(fs::exists(place.path + "/none"));
}

TEST_CASE("enforce: the oldest go first, of who has too much and of all", "[training]") {
  const test::TemporaryDirectory place;
  const LearnerDirectory directory = open_in(place);
  const auto now = fs::file_time_type::clock::now();
  const auto store = [&](const char* user, char letter, int age) {
    const std::string hash(64, letter);
    REQUIRE(directory.store(user, hash, "", std::string(99, 'x')));  // 100 octets with the line
    fs::last_write_time(
        directory.kept(user).back().substr(0, directory.kept(user).back().rfind('/')) + "/" + hash,
        now - std::chrono::hours(age));
  };
  store("alice", 'a', 4);
  store("alice", 'b', 3);
  store("alice", 'c', 2);
  store("bob", 'd', 5);
  CHECK(directory.enforce({300, 400}) == 0);
  CHECK(directory.enforce({200, 400}) == 1);
  CHECK(directory.kept("alice").front().ends_with(hash_b));
  CHECK(directory.enforce({200, 200}) == 1);
  CHECK(directory.kept("bob").empty());
  CHECK(directory.enforce({0, 0}) == 2);
}

TEST_CASE("forget: all of a user and nobody else's", "[training]") {
  const test::TemporaryDirectory place;
  const LearnerDirectory directory = open_in(place);
  REQUIRE(directory.store("alice", hash_a, "l", "m"));
  REQUIRE(directory.store("alice", hash_b, "l", "m"));
  REQUIRE(directory.store("bob", hash_a, "l", "m"));
  CHECK(directory.forget("alice") == 2);
  CHECK(directory.forget("alice") == 0);
  CHECK(directory.kept("").size() == 1);
}

TEST_CASE("directory_name_of: no user leaves the directory", "[training][security]") {
  CHECK(directory_name_of("alice@example.org") == "alice@example.org");
  CHECK(directory_name_of("..") == "%2e.");
  CHECK(directory_name_of("../etc") == "%2e.%2fetc");
  CHECK(directory_name_of("a/b") == "a%2fb");
  CHECK(directory_name_of(".hidden") == "%2ehidden");
  CHECK(directory_name_of("a%2fb") == "a%252fb");
  CHECK(directory_name_of(std::string("a\0b", 3)) == "a%00b");
  const std::string long_name = directory_name_of(std::string(255, '/'));
  CHECK(long_name.size() <= 200);
  CHECK(long_name != directory_name_of(std::string(254, '/') + "x"));
}

TEST_CASE("parse_training_file: a line and the rest", "[training]") {
  CHECK_FALSE(parse_training_file("no end"));
  const auto file = parse_training_file("line\n\nbody");
  REQUIRE(file);
  CHECK(file->line == "line");
  CHECK(file->message == "\nbody");
}

}  // namespace
}  // namespace postern::io
