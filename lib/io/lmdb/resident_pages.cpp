#include "lib/io/lmdb/resident_pages.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>

namespace postern::io::lmdb {

ResidentPages::ResidentPages()
    : statm_(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC)),
      page_size_(static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))) {}

// "size resident shared ..." in pages; "shared" are those of files (proc(5)).
std::optional<std::uint64_t> ResidentPages::of_files() const {
  std::array<char, 128> text{};
  const ssize_t size = ::pread(statm_.get(), text.data(), text.size(), 0);
  if (size <= 0) return std::nullopt;
  const char* const end = text.data() + size;
  const char* at = text.data();
  std::uint64_t pages = 0;
  for (int field = 0; field < 3; ++field) {
    const auto [stop, error] = std::from_chars(at, end, pages);
    if (error != std::errc() || stop == end) return std::nullopt;
    at = stop + 1;
  }
  return pages * page_size_;
}

}  // namespace postern::io::lmdb
