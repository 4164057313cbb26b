#include <fcntl.h>

#include <map>
#include <random>

#include "lib/io/lmdb/checkpoint_file.hpp"
#include "tests/unit/io/lmdb/support.hpp"

namespace postern::io {
namespace {

using namespace std::chrono_literals;
using namespace postern::store;
using test::LmdbFixture;

constexpr Lifetime day = 24h;

std::string beside(const LmdbFixture& fixture) {
  return fixture.options.file + "-checkpoint";
}

using Contents = std::map<std::string, std::string>;

Contents contents_of(LmdbFixture& fixture) {
  Contents contents;
  std::string cursor;
  do {
    const auto items = fixture.store().scan("", cursor, 1000, fixture.now);
    REQUIRE(items.has_value());
    for (const Item& item : *items) contents[item.key] = item.value;
  } while (!cursor.empty());
  return contents;
}

class Writer {
 public:
  explicit Writer(unsigned seed) : random_(seed) {}

  void write(LmdbFixture& fixture, int batches) {
    for (int i = 0; i < batches; ++i) {
      std::vector<Operation> batch;
      for (unsigned n = 1 + below(20); n > 0; --n) {
        const std::string key = "t/" + std::to_string(below(2000));
        const std::size_t size = below(30) == 0 ? below(9000) : below(200);
        const std::string text(size, static_cast<char>('a' + below(26)));
        if (below(5) == 0) {
          batch.emplace_back(Erase{key});
        } else {
          batch.emplace_back(Put{key, text, Lifetime(day * (1 + below(30)))});
        }
      }
      REQUIRE(fixture.store().run(batch, fixture.now).has_value());
      if (below(10) == 0) REQUIRE(fixture.store().sweep(20, fixture.now).has_value());
    }
  }
  unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }

  // What may be on disk when the power goes: of each block written since, the old or the new.
  std::string mixed(const std::string& old_file, const std::string& new_file, std::size_t block) {
    std::string file = new_file;
    const bool shorter = below(3) == 0;
    for (std::size_t at = 0; at < file.size(); at += block) {
      if (below(2) == 0) continue;
      const std::size_t size = std::min(block, file.size() - at);
      if (at + size <= old_file.size()) {
        file.replace(at, size, old_file, at, size);
      } else {
        file.replace(at, size, size, '\0');
      }
    }
    if (shorter) file.resize(old_file.size());
    return file;
  }

 private:
  std::mt19937 random_;
};

// The store is copied as a disk would have it, and opened by a host that was booted anew.
Contents after_power_loss(const LmdbFixture& fixture, const std::string& data,
                          const std::string& checkpoint, std::string& note) {
  LmdbFixture other;
  other.now = fixture.now;
  other.clock.boot = "second-boot";
  test::write_file(other.options.file, data);
  test::write_file(beside(other), checkpoint);
  Contents contents = contents_of(other);
  note = other.opened->note();
  // And it goes on from there.
  other.ask(Put{"t/after", "x", day});
  CHECK(other.ask_for<Value>(Get{"t/after"}).value == "x");
  CHECK(other.corrupt_copies() == 0);
  return contents;
}

// A life of a store with a checkpoint in the middle, and what losses of power after it leave.
void lose_power(unsigned seed, int losses) {
  LmdbFixture fixture;
  Writer writer(seed);
  writer.write(fixture, 60);
  fixture.opened->maintain();
  writer.write(fixture, 20);
  fixture.opened->maintain();
  const std::string old_file = test::read_file(fixture.options.file);
  const std::string checkpoint = test::read_file(beside(fixture));
  const Contents contents = contents_of(fixture);
  // Many commits, so that pages would be used again if they could.
  writer.write(fixture, 150);
  const std::string new_file = test::read_file(fixture.options.file);
  REQUIRE(test::read_file(beside(fixture)) == checkpoint);
  REQUIRE(contents_of(fixture) != contents);
  for (int loss = 0; loss < losses; ++loss) {
    INFO("seed " << seed << ", loss " << loss);
    const std::size_t block = loss % 2 == 0 ? 4096 : 512;
    const std::string data = writer.mixed(old_file, new_file, block);
    std::string note;
    CHECK((after_power_loss(fixture, data, checkpoint, note) == contents));
    CHECK(note.find("put back") != std::string::npos);
  }
}

TEST_CASE("checkpoints: after a loss of power the store is as it was at the checkpoint", "[lmdb]") {
  for (unsigned seed = 0; seed < 2; ++seed) lose_power(seed, 4);
}

TEST_CASE("checkpoints: after any of a thousand losses of power", "[.][slow]") {
  for (unsigned seed = 100; seed < 150; ++seed) lose_power(seed, 20);
}

TEST_CASE("checkpoints: pages are used again after the next one, and the file stays small",
          "[lmdb]") {
  LmdbFixture fixture;
  Writer writer(5);
  std::uintmax_t size_early = 0;
  for (int round = 0; round < 60; ++round) {
    writer.write(fixture, 20);
    fixture.opened->maintain();
    if (round == 20) size_early = std::filesystem::file_size(fixture.options.file);
  }
  CHECK(std::filesystem::file_size(fixture.options.file) < size_early * 2);
}

TEST_CASE("checkpoints: come early when much is written, and the file stays small", "[lmdb]") {
  LmdbFixture fixture(16 << 20);
  fixture.options.background = true;
  fixture.options.checkpoint_interval = std::chrono::hours(1);
  fixture.open();
  // Each of these commits copies several pages: 100 MB in all.
  for (int i = 0; i < 4000; ++i) {
    fixture.ask(store::Put{"t/" + std::to_string(i % 50), std::string(200, 'x'), day});
  }
  CHECK(std::filesystem::file_size(fixture.options.file) < (12 << 20));
}

TEST_CASE("checkpoints: the end of the process loses nothing, nor does the loss of power after it",
          "[lmdb]") {
  LmdbFixture fixture;
  Writer writer(3);
  writer.write(fixture, 50);
  const Contents all = contents_of(fixture);
  const std::string data = test::read_file(fixture.options.file);
  const std::string checkpoint = test::read_file(beside(fixture));

  // As a killed process leaves it, and opened in the same boot: everything is there.
  LmdbFixture other;
  test::write_file(other.options.file, data);
  test::write_file(beside(other), checkpoint);
  CHECK((contents_of(other) == all));
  CHECK(other.opened->note().empty());

  // That opening has made a checkpoint before the first write, since the old one is not pinned.
  const std::string old_file = test::read_file(other.options.file);
  const std::string new_checkpoint = test::read_file(beside(other));
  CHECK(new_checkpoint != checkpoint);
  writer.write(other, 100);
  const std::string new_file = test::read_file(other.options.file);
  std::string note;
  CHECK((after_power_loss(other, writer.mixed(old_file, new_file, 4096), new_checkpoint, note) ==
         all));
}

TEST_CASE("checkpoints: a store that was closed cleanly is not put back", "[lmdb]") {
  LmdbFixture fixture;
  fixture.ask(Put{"t/a", "x", day});
  fixture.opened->maintain();
  fixture.ask(Put{"t/b", "y", day});
  fixture.opened.reset();
  fixture.clock.boot = "second-boot";
  CHECK(fixture.ask_for<Value>(Get{"t/b"}).value == "y");
  CHECK(fixture.opened->note().empty());
}

TEST_CASE("checkpoints: torn or foreign checkpoint files", "[lmdb]") {
  LmdbFixture fixture;
  Writer writer(4);
  writer.write(fixture, 30);
  fixture.opened->maintain();
  const std::string before = test::read_file(beside(fixture));
  const Contents old_contents = contents_of(fixture);
  fixture.ask(Put{"t/new", "x", day});
  fixture.opened->maintain();
  const std::string after = test::read_file(beside(fixture));
  const Contents new_contents = contents_of(fixture);
  // Until the write of the checkpoint has ended, nothing else is written.
  const std::string data = test::read_file(fixture.options.file);
  REQUIRE(before.size() == after.size());
  std::string note;
  int old_ones = 0;
  int new_ones = 0;
  for (std::size_t cut = 0; cut <= after.size(); cut += 256) {
    // A write that stopped: the new slot up to here, and the old one.
    const std::string torn = after.substr(0, cut) + before.substr(cut);
    const Contents found = after_power_loss(fixture, data, torn, note);
    old_ones += found == old_contents ? 1 : 0;
    new_ones += found == new_contents ? 1 : 0;
    CHECK((found == old_contents || found == new_contents));
  }
  CHECK(old_ones > 0);
  CHECK(new_ones > 0);
  // Without checkpoint, the file itself.
  CHECK((after_power_loss(fixture, data, "", note) == new_contents));
  CHECK((after_power_loss(fixture, data, std::string(10000, 'x'), note) == new_contents));
}

TEST_CASE("CheckpointFile: writes in turns, and the newest that is whole counts", "[lmdb]") {
  const test::TemporaryDirectory directory;
  const std::string name = directory.file("c");
  const auto open = [&] {
    return lmdb::CheckpointFile(FileDescriptor(::open(name.c_str(), O_RDWR | O_CREAT, 0600)));
  };
  auto file = open();
  CHECK_FALSE(file.newest().has_value());
  lmdb::Checkpoint checkpoint;
  checkpoint.page_size = 4096;
  checkpoint.timeline.boot_id = "boot";
  checkpoint.timeline.offset = 5s;
  for (std::uint64_t i = 1; i <= 4; ++i) {
    checkpoint.transaction = i * 10;
    checkpoint.clean = i == 3;
    checkpoint.metas[1].fill(static_cast<char>(i));
    REQUIRE(file.write(checkpoint) == 0);
    const auto newest = file.newest();
    REQUIRE(newest.has_value());
    CHECK(newest->sequence == i);
    CHECK(newest->transaction == i * 10);
    CHECK(newest->clean == (i == 3));
    CHECK(newest->timeline == checkpoint.timeline);
    CHECK(newest->metas == checkpoint.metas);
  }
  std::string octets = test::read_file(name);
  octets[30] = static_cast<char>(octets[30] ^ 1);  // slot 0: the fourth
  std::ofstream(name, std::ios::binary | std::ios::in) << octets;
  REQUIRE(file.newest().has_value());
  CHECK(file.newest()->sequence == 3);
  CHECK(file.clear() == 0);
  CHECK_FALSE(file.newest().has_value());
}

TEST_CASE("CheckpointFile: locks", "[lmdb]") {
  const test::TemporaryDirectory directory;
  const std::string name = directory.file("c");
  const auto open = [&] {
    return std::make_unique<lmdb::CheckpointFile>(
        FileDescriptor(::open(name.c_str(), O_RDWR | O_CREAT, 0600)));
  };
  auto one = open();
  auto two = open();
  CHECK(one->lock_alone());
  CHECK_FALSE(two->lock_alone());
  CHECK_FALSE(two->lock_shared(20ms));
  CHECK(one->lock_shared(0ms));
  CHECK(two->lock_shared(0ms));
  CHECK_FALSE(one->lock_alone());
  CHECK(one->elect());
  CHECK(two->is_other_elected());
  CHECK_FALSE(one->is_other_elected());
  CHECK_FALSE(two->elect());
  one.reset();
  CHECK_FALSE(two->is_other_elected());
  CHECK(two->elect());
  CHECK(two->lock_alone());
}

}  // namespace
}  // namespace postern::io
