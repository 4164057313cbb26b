#include "lib/io/clamav/inner_files.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace postern::io {
namespace {

constexpr std::size_t chunk_size = 16384;

}  // namespace

bool InnerFiles::meet(int descriptor) {
  struct stat status {};
  if (descriptor < 0 || ::fstat(descriptor, &status) != 0) return false;
  for (InnerFile& file : files_) {
    const bool is_of_interest = file.is_clean || !file.is_met;
    if (!is_of_interest || static_cast<std::uint64_t>(status.st_size) != file.octets.size() ||
        !is_same(descriptor, file.octets)) {
      continue;
    }
    file.is_met = true;
    if (file.is_clean) return true;
  }
  return false;
}

bool InnerFiles::is_same(int descriptor, std::string_view octets) {
  std::array<char, chunk_size> chunk{};
  off_t at = 0;
  while (!octets.empty()) {
    const std::size_t size = std::min(octets.size(), chunk.size());
    if (octets_left_ < size) return false;
    octets_left_ -= size;
    if (::pread(descriptor, chunk.data(), size, at) != static_cast<ssize_t>(size)) return false;
    if (std::string_view(chunk.data(), size) != octets.substr(0, size)) return false;
    octets.remove_prefix(size);
    at += static_cast<off_t>(size);
  }
  return true;
}

}  // namespace postern::io
