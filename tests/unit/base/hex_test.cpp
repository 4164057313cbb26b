// Octets written as two hexadecimal digits.
#include "lib/base/hex.hpp"

#include "tests/support/catch.hpp"

namespace postern {

TEST_CASE("hex_octet: two digits in any case, or -1", "[base]") {
  CHECK(hex_octet("41") == 'A');
  CHECK(hex_octet("fFzz") == 0xff);
  CHECK(hex_octet("00") == 0);
  for (const char* text : {"", "4", "4g", "g4", " 41", "=4"}) CHECK(hex_octet(text) == -1);
}

}  // namespace postern
