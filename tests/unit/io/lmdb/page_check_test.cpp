#include "lib/io/lmdb/page_check.hpp"

#include <cstring>
#include <random>

#include "tests/unit/io/lmdb/support.hpp"

namespace postern::io::lmdb {
namespace {

using namespace std::chrono_literals;
using Kind = PageVerdict::Kind;

class BufferSource final : public PageSource {
 public:
  explicit BufferSource(const std::string& octets) : octets_(octets) {}
  [[nodiscard]] std::uint64_t size() const override { return octets_.size(); }
  [[nodiscard]] bool read(std::uint64_t offset, char* into, std::size_t size) const override {
    if (offset > octets_.size() || size > octets_.size() - offset) return false;
    std::memcpy(into, octets_.data() + offset, size);
    return true;
  }

 private:
  const std::string& octets_;
};

Kind judge(const std::string& octets) {
  return check_pages(BufferSource(octets)).kind;
}

// A file that has seen `rounds` of random writes: values short and long, and what they left behind.
std::string made_by(unsigned seed, int rounds, int keys, std::size_t longest = 20000) {
  test::LmdbFixture fixture;
  std::mt19937 random(seed);
  for (int i = 0; i < rounds; ++i) {
    const std::string key = "t/" + std::to_string(random() % static_cast<unsigned>(keys));
    const std::size_t size = random() % 20 == 0 ? random() % longest : random() % 300;
    fixture.ask(store::Put{key, std::string(size, 'x'), store::Lifetime(1 + random() % 100000)});
    if (random() % 3 == 0) fixture.ask(store::Erase{key});
    if (i % 50 == 0) {
      fixture.opened->maintain();
      fixture.advance(10s);
      static_cast<void>(fixture.store().sweep(20, fixture.now));
    }
  }
  fixture.opened.reset();
  return test::read_file(fixture.options.file);
}

void check_sound(unsigned seed) {
  const std::string octets = made_by(seed, 1500, seed % 2 == 0 ? 40 : 3000);
  const PageVerdict verdict = check_pages(BufferSource(octets));
  INFO("seed " << seed << ": " << verdict.problem);
  CHECK(verdict.kind == Kind::sound);
  CHECK(page_size_of(BufferSource(octets)) == 4096);
}

TEST_CASE("check_pages: what LMDB writes is sound", "[lmdb]") {
  for (unsigned seed = 0; seed < 2; ++seed) check_sound(seed);
}

TEST_CASE("check_pages: whatever LMDB writes is sound", "[.][slow]") {
  for (unsigned seed = 100; seed < 200; ++seed) check_sound(seed);
}

TEST_CASE("check_pages: a file that is cut is damaged, unless only unused pages are missing",
          "[lmdb][security]") {
  const std::string octets = made_by(1, 60, 20, 4000);
  int damaged = 0;
  for (std::size_t size = 0; size < octets.size(); size += 331) {
    damaged += judge(octets.substr(0, size)) == Kind::damaged ? 1 : 0;
  }
  CHECK(damaged > 30);
  CHECK(judge(octets.substr(0, 8192)) == Kind::damaged);
  CHECK(judge("") == Kind::damaged);
}

// Flips bits, each alone: those of a meta page and the others at these distances.
void flip_bits(std::size_t meta_step, std::size_t step) {
  std::string octets = made_by(2, 40, 12, 4000);
  std::size_t sound = 0;
  for (std::size_t bit = 0; bit < octets.size() * 8; bit += bit < 8 * 152 ? meta_step : step) {
    char& octet = octets[bit / 8];
    const char before = octet;
    octet = static_cast<char>(octet ^ (1 << bit % 8));
    sound += judge(octets) == Kind::sound ? 1U : 0U;
    octet = before;
  }
  // Contents of values, free pages, and gaps do not matter here.
  CHECK(sound > 0);
  CHECK(judge(octets) == Kind::sound);
}

TEST_CASE("check_pages: a bit may flip anywhere", "[lmdb][security]") {
  flip_bits(7, 1511);
}

TEST_CASE("check_pages: any bit may flip", "[.][slow]") {
  flip_bits(1, 3);
}

TEST_CASE("check_pages: the version of LMDB decides only when both meta pages agree", "[lmdb]") {
  std::string octets = made_by(3, 10, 5);
  octets[20] = 2;
  CHECK(judge(octets) == Kind::damaged);
  octets[4096 + 20] = 2;
  CHECK(judge(octets) == Kind::newer);
}

TEST_CASE("check_pages: random octets are damaged", "[lmdb][security]") {
  std::mt19937 random(7);
  std::string octets = made_by(3, 30, 5);
  for (int round = 0; round < 300; ++round) {
    std::string copy = octets;
    const std::size_t from = random() % copy.size();
    const std::size_t size = std::min<std::size_t>(random() % 512, copy.size() - from);
    for (std::size_t i = 0; i < size; ++i) copy[from + i] = static_cast<char>(random());
    static_cast<void>(judge(copy));
  }
  std::string noise(65536, ' ');
  for (char& c : noise) c = static_cast<char>(random());
  CHECK(judge(noise) == Kind::damaged);
  std::memcpy(noise.data(), octets.data(), 152);
  CHECK(judge(noise) == Kind::damaged);
}

}  // namespace
}  // namespace postern::io::lmdb
