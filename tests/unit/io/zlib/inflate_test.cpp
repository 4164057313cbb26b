#include "lib/io/zlib/inflate.hpp"

#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

using End = archive::Inflated::End;

TEST_CASE("inflate: no more than is asked for, and it says how it ended", "[io]") {
  const std::string stored(
      "\x01\x03\x00\xfc\xff"
      "abc",
      8);
  const auto whole = inflate(stored + "rest", 3);
  CHECK(whole.content == "abc");
  CHECK(whole.end == End::whole);
  CHECK(whole.consumed == stored.size());
  CHECK(inflate(stored, 2).content == "ab");
  CHECK(inflate(stored, 2).end == End::full);
  CHECK(inflate(stored.substr(0, 6), 9).content == "a");
  CHECK(inflate(stored.substr(0, 6), 9).end == End::truncated);
  CHECK(inflate("\x07", 9).end == End::corrupt);
  CHECK(inflate("", 9).end == End::truncated);
  CHECK(inflate(stored, static_cast<std::size_t>(-1)).end == End::whole);
}

TEST_CASE("inflate: a zlib stream has a header and a checksum", "[io]") {
  const std::string stored(
      "\x78\x01\x01\x03\x00\xfc\xff"
      "abc"
      "\x02\x4d\x01\x27",
      14);
  CHECK(inflate_zlib(stored, 3).content == "abc");
  CHECK(inflate_zlib(stored, 3).end == End::whole);
  CHECK(inflate_zlib(stored, 2).end == End::full);
  CHECK(inflate_zlib(stored.substr(0, 13), 9).end == End::truncated);
  CHECK(inflate_zlib(stored.substr(0, 13) + "x", 9).end == End::corrupt);
  CHECK(inflate_zlib(stored.substr(2), 9).end == End::corrupt);
}

}  // namespace
}  // namespace postern::io
