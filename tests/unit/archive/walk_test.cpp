#include "lib/archive/walk.hpp"

#include <utility>

#include "lib/io/zlib/inflate.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/archive/make_archive.hpp"

namespace postern::archive {
namespace {

using test::deflated;
using test::make_gzip;
using test::make_zip;
using test::tar_entry;

using Names = std::vector<std::string>;

constexpr unsigned default_depth = Options().depth;

struct Seen {
  Names paths;
  Names heads;
  Walk walk;
};

Seen walk_all(const std::string& text, unsigned depth = default_depth, Budget budget = {},
              const Names& names = {}) {
  Seen seen;
  seen.walk = walk(text, names, {io::inflate, depth}, budget, [&](const Item& item) {
    const std::string name = item.entry.names.empty() ? "?" : item.entry.names.front();
    seen.paths.push_back(std::string(item.container) + name);
    seen.heads.emplace_back(item.head);
  });
  return seen;
}

std::string nested(unsigned depth) {
  std::string text = make_zip({{"a.exe", "MZ"}});
  for (unsigned i = 1; i < depth; ++i) text = make_zip({{"z.zip", text, "", false, false, true}});
  return text;
}

TEST_CASE("walk: entries of archives in archives", "[archive]") {
  const std::string tar = tar_entry("in/evil.exe", "MZ") + std::string(1'024, '\0');
  const std::string text =
      make_zip({{"a.txt", "one", "", false, false, true}, {"b.tar.gz", make_gzip(tar)}});
  const Seen seen = walk_all(text);
  CHECK(seen.paths == Names{"a.txt", "b.tar.gz", "b.tar.gz/b.tar", "b.tar.gz/b.tar/in/evil.exe"});
  CHECK(seen.heads[0] == "one");
  CHECK(seen.heads[3] == "MZ");
  CHECK(seen.walk.defects.text().empty());
  CHECK(seen.walk.limits.text().empty());
}

TEST_CASE("walk: a gzip is called like its archive, and by its own name", "[archive]") {
  CHECK(walk_all(make_gzip("MZ", "own.exe"), default_depth, {}, {"a.txt.gz"}).paths ==
        Names{"own.exe"});
  CHECK(walk_all(make_gzip("MZ"), default_depth, {}, {"a.exe.gz"}).paths == Names{"a.exe"});
}

TEST_CASE("walk: members of a gzip are joined", "[archive][security]") {
  const std::string tar = tar_entry("evil.exe", "MZ");
  const std::string text = make_gzip(tar.substr(0, 300)) + make_gzip(tar.substr(300));
  CHECK(walk_all(text).paths.back() == "evil.exe");
}

TEST_CASE("walk: every limit is noted", "[archive][security]") {
  CHECK(walk_all(nested(3), 3).walk.limits.text().empty());
  CHECK(walk_all(nested(3), 3).paths.back() == "z.zip/z.zip/a.exe");
  CHECK(walk_all(nested(4), 3).walk.limits.contains(Limit::depth));
  CHECK(walk_all(nested(100)).paths.size() == default_depth);
  const std::string three = make_zip({{"a", "1"}, {"b", "2"}, {"c", "3"}});
  CHECK(walk_all(three, default_depth, {3, 100}).walk.limits.text().empty());
  CHECK(walk_all(three, default_depth, {2, 100}).walk.limits.contains(Limit::entries));
  CHECK(walk_all(three, default_depth, {3, 2}).walk.limits.contains(Limit::unpacked_size));
  CHECK(walk_all(nested(3), default_depth, {10, 600}).walk.limits.contains(Limit::unpacked_size));
}

TEST_CASE("walk: one budget is for several archives", "[archive]") {
  Budget budget{3, 1'000};
  const std::string two = make_zip({{"a", "1"}, {"b", "2"}});
  const auto ignore = [](const Item&) {};
  CHECK(walk(two, {}, {io::inflate}, budget, ignore).limits.empty());
  CHECK(walk(two, {}, {io::inflate}, budget, ignore).limits.contains(Limit::entries));
}

TEST_CASE("walk: encrypted entries are named and not opened", "[archive]") {
  const Seen seen = walk_all(make_zip({{"a.zip", make_zip({{"b", "1"}}), "", true}}));
  CHECK(seen.paths == Names{"a.zip"});
  CHECK(seen.heads == Names{""});
}

TEST_CASE("walk: data that cannot be unpacked is a defect", "[archive][security]") {
  std::string text = make_zip({{"a", "data", "", false, false, true}});
  text[text.find(deflated("data"))] = '\x07';  // a type of block that there is not
  CHECK(walk_all(text).walk.defects.contains(Defect::corrupt));
  CHECK(walk_all(make_gzip("data").substr(0, 18)).walk.defects.contains(Defect::truncated));
}

TEST_CASE("walk: packed data that holds nothing uses up the budget", "[archive][security]") {
  std::string empty_blocks;
  for (int i = 0; i < 1'000; ++i) empty_blocks += std::string("\0\0\0\xff\xff", 5);
  std::string text("\x1f\x8b\x08\0\0\0\0\0\0\0", 10);
  text += empty_blocks;
  CHECK(walk_all(text, default_depth, {10, 2'000}).walk.limits.contains(Limit::unpacked_size));
}

}  // namespace
}  // namespace postern::archive
