#include "lib/antispam/update/archive.hpp"

#include <algorithm>

#include "lib/archive/gzip.hpp"
#include "lib/io/zlib/inflate.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/archive/make_archive.hpp"

namespace postern::antispam {
namespace {

using archive::test::tar_entry;
using Catch::Matchers::Contains;

const std::string end_of_tar(1'024, '\0');

// What is "packed" are the octets themselves, so that archives of any size are quickly made.
archive::Inflated copy(std::string_view packed, std::size_t max_size) {
  archive::Inflated result;
  result.consumed = packed.size() - archive::gzip_trailer_size;
  result.content = packed.substr(0, std::min(result.consumed, max_size));
  if (result.consumed > max_size) result.end = archive::Inflated::End::full;
  return result;
}

auto read(const std::string& tar) {
  const std::string header("\x1f\x8b\x08\0\0\0\0\0\0\3", 10);
  return read_update_archive(header + tar + std::string(8, '\0'), copy);
}

std::string problem_of(const std::string& tar) {
  const auto files = read(tar);
  return files ? "none" : files.error();
}

TEST_CASE("read_update_archive: the files", "[antispam]") {
  const auto files = read(tar_entry("./", "", '5') + tar_entry("./10_a.cf", "body A /x/\n") +
                          tar_entry("languages", "loadplugin x\n") + end_of_tar);
  REQUIRE(files);
  REQUIRE(files->size() == 2);
  CHECK(files->at(0).name == "10_a.cf");
  CHECK(files->at(0).text == "body A /x/\n");
  CHECK(files->at(1).text == "loadplugin x\n");  // no file of rules
}

TEST_CASE("read_update_archive: what is refused", "[antispam][security]") {
  const std::string good = tar_entry("10_a.cf", "body A /x/\n");
  const auto with = [&](const std::string& entry) { return problem_of(good + entry + end_of_tar); };
  CHECK(with("") == "none");
  CHECK_THAT(with(tar_entry("../b.cf", "x")), Contains("\"../b.cf\""));
  CHECK_THAT(with(tar_entry("/etc/passwd", "x")), Contains("is no name"));
  CHECK_THAT(with(tar_entry("a/b.cf", "x")), Contains("is no name"));
  CHECK_THAT(with(tar_entry("..", "x")), Contains("is no name"));
  CHECK_THAT(with(tar_entry(".hidden", "x")), Contains("is no name"));
  CHECK_THAT(with(tar_entry("b\n.cf", "x")), Contains("\"b?.cf\""));
  CHECK_THAT(with(tar_entry("b.cf", "", '2')), Contains("is a link"));
  CHECK_THAT(with(tar_entry("b.cf", "", '1')), Contains("is a link"));
  CHECK_THAT(with(tar_entry("b.cf", "", '6')), Contains("is a link"));
  CHECK_THAT(with(tar_entry("folder", "", '5')), Contains("is a folder"));
  CHECK_THAT(with(tar_entry("10_a.cf", "x")), Contains("twice"));
  CHECK_THAT(with(tar_entry("x", "long.cf", 'L') + tar_entry("b.cf", "x")), Contains("two names"));
  CHECK_THAT(problem_of(tar_entry("a.txt", "x") + end_of_tar), Contains("no rules"));
  CHECK_THAT(problem_of(good + "what is no header" + std::string(600, 'x')), Contains("damaged"));
  CHECK_THAT(problem_of(""), Contains("no rules"));
  std::string many = good;
  for (std::size_t i = 0; i < max_update_files; ++i) many += tar_entry(std::to_string(i), "");
  CHECK_THAT(problem_of(many + end_of_tar), Contains("more than 1000 files"));
}

TEST_CASE("read_update_archive: what is no archive", "[antispam][security]") {
  const auto problem = [](const std::string& packed) {
    const auto files = read_update_archive(packed, io::inflate);
    return files ? "none" : files.error();
  };
  const std::string whole =
      archive::test::make_gzip(tar_entry("a.cf", "body A /x/\n") + end_of_tar, "");
  CHECK(problem(whole) == "none");
  CHECK_THAT(problem("no gzip"), Contains("no gzip"));
  CHECK_THAT(problem(whole.substr(0, whole.size() - 20)), Contains("not whole"));
  CHECK_THAT(problem(whole + "more"), Contains("behind its end"));
  CHECK_THAT(problem(std::string(max_update_archive + 1, 'x')), Contains("more than"));
}

TEST_CASE("without_code: what would load code becomes a comment", "[antispam][security]") {
  // As sa-update 4.0.1 finds them.
  for (const char* line : {"loadplugin Mail::SpamAssassin::Plugin::X", "  tryplugin X",
                           "\tpyzor_path /x", "dcc_options x", "dcc_path /x", "pyzor_options x",
                           "extracttext_external a /bin/x", "bayes_store_module X", "a_modules b",
                           "x_factory y", "dns_server 192.0.2.1", "dns_servers x",
                           // And as Postern reads keys.
                           "LoadPlugin X", "dns-server 192.0.2.1", "Pyzor-Path /x",
                           "lang en loadplugin X", "lang en lang de  TryPlugin X"}) {
    CAPTURE(line);
    CHECK(without_code("a\n" + std::string(line) + "\nb\n") ==
          "a\n#(commented by postern rules update: not allowed)# " + std::string(line) + "\nb\n");
  }
  for (const char* line :
       {"body A /loadplugin x/", "loadplugins x", "_modulex y", "dcc_home x", "# loadplugin x",
        "score A 1", "", "module x", "lang en describe A loadplugin x", "lang loadplugin"}) {
    CAPTURE(line);
    CHECK(without_code(line) == line);
  }
}

TEST_CASE("without_code: macros", "[antispam]") {
  CHECK(without_code("version_tag @@VERSION@@ @@X@@ @@PREFIX@@\n") ==
        "version_tag 4.000001 @@X@@ /usr\n");
  CHECK(without_code("@@") == "@@");
  CHECK(without_code("a@@@@b@@VERSION@") == "a@@@@b@@VERSION@");
}

}  // namespace
}  // namespace postern::antispam
