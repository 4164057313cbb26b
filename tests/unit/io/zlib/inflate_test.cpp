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

}  // namespace
}  // namespace postern::io
