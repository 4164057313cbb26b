#include "lib/io/idn2/to_unicode_label.hpp"

#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

TEST_CASE("to_unicode_label: A-labels and plain ones", "[idn2][rfc3492]") {
  CHECK(to_unicode_label("xn--bcher-kva") ==
        "b\xc3\xbc"
        "cher");
  CHECK(to_unicode_label("xn--lgit-v4d") == "l\xd0\xb5git");
  CHECK(to_unicode_label("XN--LGIT-V4D") == "L\xd0\xb5GIT");
  CHECK(to_unicode_label("xn--fsqu00a") == "\xe4\xbe\x8b\xe5\xad\x90");
  CHECK(to_unicode_label("plain") == "plain");
}

TEST_CASE("to_unicode_label: what is no label", "[idn2][security]") {
  CHECK_FALSE(to_unicode_label("xn--"));
  CHECK_FALSE(to_unicode_label("xn--a-!"));
  CHECK_FALSE(to_unicode_label("xn--" + std::string(54, '9')));
  CHECK_FALSE(to_unicode_label(std::string(64, 'a')));
  CHECK_FALSE(to_unicode_label(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace postern::io
