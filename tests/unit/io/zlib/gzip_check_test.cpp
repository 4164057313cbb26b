// Tests of gzip files that are sound, and of others.
#include "lib/io/zlib/gzip_check.hpp"

#include <zlib.h>

#include <string>

#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

std::string gzip(const std::string& text) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) ==
          Z_OK);
  std::string packed(deflateBound(&stream, text.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<z_const Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

GzipState check(std::string_view octets, std::uint64_t max_size = 1'000'000) {
  return check_gzip(octets, max_size, std::chrono::seconds(10));
}

}  // namespace

TEST_CASE("check_gzip: members, and what follows them", "[zlib]") {
  const std::string one = gzip("text");
  CHECK(check(one) == GzipState::sound);
  CHECK(check(gzip("")) == GzipState::sound);
  CHECK(check(gzip(std::string(200'000, 'x'))) == GzipState::sound);
  CHECK(check(one + one) == GzipState::sound);
  CHECK(check(one + "garbage") == GzipState::sound);
  CHECK(check(one + std::string(100, '\0')) == GzipState::sound);
}

TEST_CASE("check_gzip: any end before the end, and any octet but of the header",
          "[zlib][security]") {
  const std::string one = gzip("some text, and some text again");
  for (std::size_t size = 0; size < one.size(); ++size) {
    CHECK(check(one.substr(0, size)) == GzipState::damaged);
  }
  constexpr std::size_t header = 10;
  for (std::size_t i = header; i < one.size(); ++i) {
    std::string changed = one;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    CHECK(check(changed) == GzipState::damaged);
  }
  CHECK(check(one + one.substr(0, 12)) == GzipState::damaged);
}

TEST_CASE("check_gzip: limits", "[zlib][security]") {
  const std::string zeros = gzip(std::string(200'000, '\0'));
  CHECK(check(zeros, 200'000) == GzipState::sound);
  CHECK(check(zeros, 199'999) == GzipState::over_limit);
  CHECK(check_gzip(zeros, 1'000'000, std::chrono::milliseconds(-1)) == GzipState::over_limit);
}

}  // namespace postern::io
