// Damaged LMDB files: what the check of pages finds sound, LMDB can read and write without a crash.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "fuzz/support.hpp"
#include "lib/io/lmdb/cells.hpp"
#include "lib/io/lmdb/page_check.hpp"

namespace {

using namespace postern;
using namespace postern::io::lmdb;
using fuzz::require;

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

struct File {
  File() : name("/tmp/postern-pages-fuzz-" + std::to_string(::getpid())) {}
  ~File() { remove(); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  void remove() const {
    ::unlink(name.c_str());
    ::unlink((name + "-lock").c_str());
  }
  const std::string name;
};

constexpr std::size_t map_size = 4 << 20;

// Reads and writes all over the file.
void use(const std::string& file) {
  Environment environment;
  if (environment.open(file, map_size) != 0 || environment.open_databases() != 0) return;
  std::atomic<std::uint64_t> unreadable = 0;
  for (int round = 0; round < 3; ++round) {
    WriteTransaction transaction(environment);
    if (transaction.error() != 0) return;
    TransactionCells cells(environment, transaction.get(), unreadable);
    for (int i = 0; i < 60; ++i) {
      const std::string key = "t/" + std::to_string(i * 7 % 60);
      static_cast<void>(cells.find(key));
      store::StoredValue value;
      value.lifetime = store::Lifetime(1000 * i);
      value.payload.assign(static_cast<std::size_t>(i % 13 == 0 ? 5000 : 40 + round), 'y');
      if (i % 3 == round) {
        cells.erase(key);
      } else {
        cells.put(key, value);
      }
    }
    cells.remove_expired(10, store::Time(store::Lifetime(5000)));
    cells.remove_soonest(5);
    require(cells.error() == 0);
    require(transaction.commit() == 0);
  }
}

std::string read_back(const std::string& name) {
  std::string octets;
  FILE* stream = std::fopen(name.c_str(), "rb");
  require(stream != nullptr);
  char buffer[4096];
  while (const std::size_t size = std::fread(buffer, 1, sizeof buffer, stream)) {
    octets.append(buffer, size);
  }
  std::fclose(stream);
  return octets;
}

std::string make_sound_file(const File& file) {
  {
    Environment environment;
    require(environment.open(file.name, map_size) == 0);
    require(environment.create_databases() == 0);
  }
  use(file.name);
  use(file.name);
  return read_back(file.name);
}

}  // namespace

// The input is a list of changes: where (3 octets), and what (1 octet).
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const File file;
  static const std::string sound = make_sound_file(file);
  std::string octets = sound;
  for (std::size_t at = 0; at + 4 <= size && at < 256; at += 4) {
    const std::size_t place =
        std::size_t{data[at]} << 16 | std::size_t{data[at + 1]} << 8 | std::size_t{data[at + 2]};
    octets[place % octets.size()] = static_cast<char>(data[at + 3]);
  }
  if (check_pages(BufferSource(octets)).kind != PageVerdict::Kind::sound) return 0;
  file.remove();
  FILE* stream = std::fopen(file.name.c_str(), "wb");
  require(stream != nullptr);
  require(std::fwrite(octets.data(), 1, octets.size(), stream) == octets.size());
  std::fclose(stream);
  use(file.name);
  const std::string after = read_back(file.name);
  require(check_pages(BufferSource(after)).kind == PageVerdict::Kind::sound);
  return 0;
}
