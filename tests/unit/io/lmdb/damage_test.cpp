// Store files in which anything may be wrong: opened, read, and written in a child, so that a crash
// would be seen.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <random>
#include <vector>

#include "tests/unit/io/lmdb/support.hpp"

namespace postern::io {
namespace {

using namespace std::chrono_literals;
using namespace postern::store;
using test::LmdbFixture;

constexpr Lifetime day = 24h;
constexpr int values = 30;
constexpr std::size_t bits_in_child = 256;

std::string key_of(int number) {
  return "t/" + std::to_string(number);
}

/// A small file of ours that was closed, and its checkpoints.
struct Sample {
  Sample() {
    // In one batch: each transaction takes pages of its own.
    std::vector<Operation> batch;
    for (int i = 0; i < values; ++i) batch.emplace_back(Put{key_of(i), std::string(50, 'x'), day});
    REQUIRE(fixture.store().run(batch, fixture.now).has_value());
    fixture.opened.reset();
    octets = test::read_file(fixture.options.file);
    checkpoint = test::read_file(checkpoint_file());
  }
  [[nodiscard]] std::string checkpoint_file() const { return fixture.options.file + "-checkpoint"; }

  LmdbFixture fixture;
  std::string octets;
  std::string checkpoint;
};

enum Trouble { none, not_opened, not_scanned, not_written, wrong_value, not_swept };

// Every value is what was written, or absent; and all can be written again.
Trouble use(const LmdbFixture& fixture) {
  auto opened = LmdbStore::open(fixture.options, fixture.now);
  if (!opened) return not_opened;
  std::string cursor;
  do {
    if (!(*opened)->scan("", cursor, 100, fixture.now)) return not_scanned;
  } while (!cursor.empty());
  for (int i = 0; i < values; ++i) {
    const Operation operations[] = {Get{key_of(i)}, Put{key_of(i), "new", day}, Get{key_of(i)}};
    const auto results = (*opened)->run(operations, fixture.now);
    if (!results) return not_written;
    const auto& before = std::get<Value>(results->front()).value;
    if (before && *before != std::string(50, 'x')) return wrong_value;
    if (std::get<Value>(results->back()).value != "new") return wrong_value;
  }
  return (*opened)->sweep(1000, fixture.now) ? none : not_swept;
}

struct Files {
  std::string octets;
  std::string checkpoint;
};

// Uses every one of `count` pairs of files, in one child. \return What went wrong with which.
template <typename Make>
std::string use_in_child(const Sample& sample, std::size_t count, const Make& make) {
  int report[2] = {-1, -1};
  REQUIRE(::pipe(report) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(300);
    std::size_t progress[2] = {0, none};
    for (; progress[0] < count; ++progress[0]) {
      const Files files = make(progress[0]);
      test::write_file(sample.fixture.options.file, files.octets);
      test::write_file(sample.checkpoint_file(), files.checkpoint);
      if (::write(report[1], progress, sizeof progress) < 0) ::_exit(9);
      progress[1] = use(sample.fixture);
      if (progress[1] != none) break;
    }
    if (::write(report[1], progress, sizeof progress) < 0) ::_exit(9);
    ::_exit(progress[1] == none ? 0 : 1);
  }
  ::close(report[1]);
  std::size_t last[2] = {0, none};
  while (::read(report[0], last, sizeof last) == static_cast<ssize_t>(sizeof last)) {
  }
  ::close(report[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return "";
  return (WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                              : "trouble " + std::to_string(last[1])) +
         " at number " + std::to_string(last[0]);
}

std::string flipped(std::string octets, std::size_t bit) {
  octets[bit / 8] = static_cast<char>(octets[bit / 8] ^ (1 << bit % 8));
  return octets;
}

void try_flips(const Sample& sample, const std::vector<std::size_t>& bits) {
  for (std::size_t from = 0; from < bits.size(); from += bits_in_child) {
    const std::size_t count = std::min(bits_in_child, bits.size() - from);
    const std::string problem = use_in_child(sample, count, [&](std::size_t i) {
      return Files{flipped(sample.octets, bits[from + i]), sample.checkpoint};
    });
    INFO("bits " << bits[from] << " to " << bits[from + count - 1]);
    CHECK(problem.empty());
    if (!problem.empty()) WARN(problem);
  }
}

// A sample of bits; the case "every bit" below tries them all, and page_check_test.cpp what is said
// of each.
TEST_CASE("open: a small file with some bit flipped can be used, or is set aside",
          "[lmdb][security]") {
  const Sample sample;
  std::mt19937 random(11);
  std::vector<std::size_t> bits;
  for (std::size_t bit = 0; bit < 152 * 8; bit += 13) {  // the headers of both meta pages
    bits.push_back(bit);
    bits.push_back(4096 * 8 + bit);
  }
  for (int i = 0; i < 300; ++i) bits.push_back(random() % (sample.octets.size() * 8));
  try_flips(sample, bits);
}

TEST_CASE("open: a small file with every bit flipped in turn can be used, or is set aside",
          "[.][slow]") {
  const Sample sample;
  std::vector<std::size_t> bits(sample.octets.size() * 8);
  for (std::size_t bit = 0; bit < bits.size(); ++bit) bits[bit] = bit;
  try_flips(sample, bits);
}

// As after a loss of power: the checkpoint counts, and the other slot when one is damaged.
void try_checkpoint_flips(std::size_t step) {
  Sample sample;
  sample.fixture.open();
  sample.fixture.opened->maintain();
  sample.octets = test::read_file(sample.fixture.options.file);
  sample.checkpoint = test::read_file(sample.checkpoint_file());
  sample.fixture.opened.reset();
  sample.fixture.clock.boot = "second-boot";
  const std::size_t bits = sample.checkpoint.size() * 8;
  for (std::size_t from = 0; from < bits; from += bits_in_child * step) {
    const std::size_t count = std::min(bits_in_child, (bits - from + step - 1) / step);
    const std::string problem = use_in_child(sample, count, [&](std::size_t i) {
      return Files{sample.octets, flipped(sample.checkpoint, from + i * step)};
    });
    INFO("bits from " << from << ": " << problem);
    CHECK(problem.empty());
  }
}

TEST_CASE("open: a checkpoint with some bit flipped harms nothing", "[lmdb][security]") {
  try_checkpoint_flips(151);
}

TEST_CASE("open: a checkpoint with every bit flipped in turn harms nothing", "[.][slow]") {
  try_checkpoint_flips(1);
}

TEST_CASE("open: a small file cut anywhere can be used, or is set aside", "[lmdb][security]") {
  const Sample sample;
  constexpr std::size_t step = 61;
  const std::string problem = use_in_child(sample, sample.octets.size() / step, [&](auto i) {
    return Files{sample.octets.substr(0, i * step), sample.checkpoint};
  });
  INFO(problem);
  CHECK(problem.empty());
}

TEST_CASE("open: a small file cut at every octet can be used, or is set aside", "[.][slow]") {
  const Sample sample;
  for (std::size_t from = 0; from < sample.octets.size(); from += bits_in_child) {
    const std::size_t count = std::min(bits_in_child, sample.octets.size() - from);
    const std::string problem = use_in_child(sample, count, [&](std::size_t i) {
      return Files{sample.octets.substr(0, from + i), sample.checkpoint};
    });
    INFO("sizes from " << from << ": " << problem);
    CHECK(problem.empty());
  }
}

}  // namespace
}  // namespace postern::io
