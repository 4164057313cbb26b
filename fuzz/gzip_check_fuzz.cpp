// A gzip file is checked within its limits; what follows a sound one and is no member changes
// nothing.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/support.hpp"
#include "lib/io/zlib/gzip_check.hpp"

namespace {

using postern::fuzz::require;
using postern::io::GzipState;

constexpr std::uint64_t max_size = 1 << 20;
constexpr std::chrono::seconds time_limit{60};

GzipState check(std::string_view octets) {
  return postern::io::check_gzip(octets, max_size, time_limit);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string octets(postern::fuzz::text_of(data, size));
  const GzipState state = check(octets);
  if (state != GzipState::sound) return 0;
  require(check(octets + "text") == GzipState::sound);
  require(check(octets + "\x1f\x8b") == GzipState::damaged ||
          check(octets + "text\x1f\x8b") == GzipState::sound);
  require(postern::io::check_gzip(octets, max_size, std::chrono::seconds(-1)) ==
          GzipState::over_limit);
  return 0;
}
