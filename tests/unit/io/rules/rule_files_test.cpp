#include "lib/io/rules/rule_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

namespace fs = std::filesystem;
using antispam::RuleSet;
using Catch::Matchers::Contains;

// A store of rules that is not root's, an operator's site, and a file that is no business of rules.
class Host {
 public:
  Host() {
    write("rules/5/10.cf", "body A /a/\n");
    write("site/local.cf", "body S /s/\n");
    write("secret", "body SECRET /x/\n");
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host() { fs::remove_all(root_); }

  void write(const std::string& path, std::string_view text) const {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  [[nodiscard]] std::string at(const std::string& path) const { return (root_ / path).string(); }
  // Where root runs the tests, rules are those of another user.
  void give_away() const {
    for (const auto& entry : fs::recursive_directory_iterator(root_ / "rules")) {
      if (::geteuid() == 0) {
        REQUIRE(::lchown(entry.path().c_str(), other_user, other_user) == 0);
      }
    }
  }
  [[nodiscard]] RuleSet load() const {
    const auto files = read_rule_files({at("site"), {at("rules/5"), at("site")}});
    INFO((files ? std::string() : files.error()));
    REQUIRE(files);
    antispam::LoadOptions options;
    options.include = read_included_rules;
    return antispam::load_rules(*files, options);
  }
  [[nodiscard]] std::string problem() const {
    const auto files = read_rule_files({at("site"), {at("rules/5")}});
    return files ? std::string() : files.error();
  }

 private:
  static constexpr uid_t other_user = 65534;
  const fs::path root_ =
      fs::canonical(fs::temp_directory_path()) / ("rule-files-" + std::to_string(::getpid()));
};

TEST_CASE("rules include what lies in their folder, and nothing else", "[io][security]") {
  const Host host;
  host.write("rules/5/sub/20.cf", "body B /b/\ninclude ../10.cf\ninclude 30.cf\n");
  host.write("rules/5/sub/30.cf", "body C /c/\n");
  host.write("rules/5/11.cf", "include sub/20.cf\ninclude " + host.at("secret") +
                                  "\ninclude ../../secret\ninclude sub/../../../secret\n");
  host.give_away();
  const RuleSet set = host.load();
  CHECK((set.find("A") && set.find("B") && set.find("C") && set.find("S")));
  CHECK_FALSE(set.find("SECRET"));
  REQUIRE(set.warnings.size() == 3);
  for (const auto& warning : set.warnings) CHECK_THAT(warning.text, Contains("lies outside of"));
}

TEST_CASE("the operator's files include any regular file", "[io]") {
  const Host host;
  host.write("site/local.cf", "include " + host.at("secret") + "\n");
  CHECK(host.load().find("SECRET"));
  REQUIRE(::mkfifo(host.at("fifo").c_str(), 0600) == 0);
  host.write("site/local.cf", "include " + host.at("fifo") + "\ninclude none.cf\n");
  const RuleSet set = host.load();
  REQUIRE(set.warnings.size() == 2);
  CHECK_THAT(set.warnings[0].text, Contains("cannot be read") && Contains("no regular file"));
  CHECK_THAT(set.warnings[1].text, Contains("No such file"));
}

TEST_CASE("whoever fetches rules leads nobody elsewhere by links", "[io][security]") {
  const Host host;
  fs::create_symlink(host.at("secret"), host.at("rules/5/20.cf"));
  host.give_away();
  CHECK_THAT(host.problem(), Contains("20.cf: is a symbolic link"));
  fs::remove(host.at("rules/5/20.cf"));
  fs::create_directory_symlink(host.at("site"), host.at("rules/5/other"));
  host.write("rules/5/10.cf", "body A /a/\ninclude other/local.cf\n");
  host.give_away();
  const RuleSet set = host.load();
  REQUIRE(set.warnings.size() == 1);
  CHECK_THAT(set.warnings[0].text, Contains("cannot be read"));
}

TEST_CASE("resolve_rules_folder: a link that is not root's names a folder beside it",
          "[io][security]") {
  const Host host;
  fs::create_symlink("5", host.at("rules/current"));
  host.give_away();
  CHECK(resolve_rules_folder(host.at("rules/current")) == host.at("rules/5"));
  CHECK(resolve_rules_folder(host.at("rules/current/")) == host.at("rules/5"));
  CHECK(resolve_rules_folder(host.at("rules/none")) == host.at("rules/none"));
  for (const std::string& target : {host.at("site"), std::string("../site"), std::string("..")}) {
    fs::remove(host.at("rules/current"));
    fs::create_symlink(target, host.at("rules/current"));
    host.give_away();
    CHECK_THAT(resolve_rules_folder(host.at("rules/current")).error(), Contains("is not root's"));
  }
}

void set_time(const std::string& path, time_t seconds) {
  const timespec times[] = {{seconds, 0}, {seconds, 0}};
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
}

TEST_CASE("rules_written: the channel that was not updated for the longest time", "[io]") {
  const Host host;
  CHECK_FALSE(rules_written(host.at("none")));
  host.write("rules/5/20.cf", "");
  host.write("rules/5/x.txt", "");
  set_time(host.at("rules/5/10.cf"), 2'000);
  set_time(host.at("rules/5/20.cf"), 3'000);
  CHECK(rules_written(host.at("rules/5")) == 3'000);
  fs::create_directory(host.at("rules/5/10"));
  fs::create_directory(host.at("rules/5/20"));
  CHECK(rules_written(host.at("rules/5")) == 2'000);
}

}  // namespace
}  // namespace postern::io
