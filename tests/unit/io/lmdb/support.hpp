// What tests of LMDB files share: a directory that goes, a clock that is set, and files as octets.
#pragma once

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "lib/io/lmdb/lmdb_store.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/store/store_suite.hpp"

namespace postern::test {

/// Tests simulate the loss of power, so nothing needs to reach a disk, and syncing would take most
/// of their time.
inline std::filesystem::path fastest_directory() {
  const std::filesystem::path memory = "/dev/shm";
  return ::access(memory.c_str(), W_OK | X_OK) == 0 ? memory
                                                    : std::filesystem::temp_directory_path();
}

struct TemporaryDirectory {
  explicit TemporaryDirectory(const std::filesystem::path& parent = fastest_directory()) {
    std::string pattern = (parent / "postern-lmdb-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  [[nodiscard]] std::string file(const std::string& name = "store.lmdb") const {
    return path + "/" + name;
  }
  std::string path;
};

class FakeHostClock final : public io::lmdb::HostClock {
 public:
  [[nodiscard]] store::Lifetime since_boot() const override {
    return store::Lifetime(milliseconds.load());
  }
  [[nodiscard]] std::string boot_id() const override { return boot; }
  void advance(store::Lifetime duration) { milliseconds += duration.count(); }

  std::atomic<std::int64_t> milliseconds = 1000000;
  std::string boot = "first-boot";
};

inline std::string read_file(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}
inline void write_file(const std::string& file, const std::string& octets) {
  std::filesystem::remove(file);
  std::ofstream(file, std::ios::binary) << octets;
  std::filesystem::permissions(file, std::filesystem::perms(0600));
}

/// A store without a thread of its own.
struct LmdbFixture : StoreFixture {
  explicit LmdbFixture(std::size_t max_bytes = 64 << 20) {
    options.file = directory.file();
    options.max_bytes = max_bytes;
    options.background = false;
    options.clock = &clock;
  }

  store::Store& store() override {
    if (opened == nullptr) open();
    return *opened;
  }
  void open() {
    opened.reset();
    auto result = io::LmdbStore::open(options, now);
    if (!result) FAIL(result.error().text);
    opened = std::move(*result);
  }
  void advance(store::Lifetime duration) override {
    now += duration;
    clock.advance(duration);
  }
  [[nodiscard]] std::size_t corrupt_copies() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory.path)) {
      count += entry.path().filename().string().find(".corrupt-") != std::string::npos;
    }
    return count;
  }

  TemporaryDirectory directory;
  FakeHostClock clock;
  io::LmdbOptions options;
  std::unique_ptr<io::LmdbStore> opened;
};

}  // namespace postern::test
