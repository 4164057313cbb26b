#include "lib/io/lmdb/resident_pages.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "tests/support/catch.hpp"

namespace postern::io::lmdb {
namespace {

TEST_CASE("ResidentPages: pages of a file count once they are touched, until they are dropped",
          "[lmdb]") {
  constexpr std::size_t size = 8 << 20;
  std::string path = "/tmp/postern-resident-XXXXXX";
  const FileDescriptor file(::mkstemp(path.data()));
  REQUIRE(file);
  ::unlink(path.c_str());
  const std::string content(size, 'x');
  REQUIRE(::write(file.get(), content.data(), size) == static_cast<ssize_t>(size));
  void* const map = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.get(), 0);
  REQUIRE(map != MAP_FAILED);

  const ResidentPages pages;
  const auto before = pages.of_files();
  REQUIRE(before);
  CHECK(*before > 0);  // the program itself
  unsigned sum = 0;
  for (std::size_t at = 0; at < size; at += 4096) sum += static_cast<const char*>(map)[at] == 'x';
  CHECK(sum == size / 4096);
  CHECK(*pages.of_files() >= *before + size / 2);
  ::madvise(map, size, MADV_DONTNEED);
  CHECK(*pages.of_files() < *before + size / 2);
  ::munmap(map, size);
}

}  // namespace
}  // namespace postern::io::lmdb
