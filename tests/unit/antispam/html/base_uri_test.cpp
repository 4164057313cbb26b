// Expected values are those of Mail::SpamAssassin::HTML 4.0.1.
#include "lib/antispam/html/base_uri.hpp"

#include "tests/support/catch.hpp"

namespace postern::antispam {
namespace {

TEST_CASE("target_uri: relative links", "[antispam]") {
  const std::string_view base = "http://example.org/a/b/";
  CHECK(target_uri(base, "c") == "http://example.org/a/b/c");
  CHECK(target_uri(base, "../c?d#e") == "http://example.org/a/c?d#e");
  CHECK(target_uri(base, "/x/./y/../z") == "http://example.org/x/z");
  CHECK(target_uri(base, "http:c") == "http://example.org/a/b/c");
  CHECK(target_uri(base, "//www.example.com/x") == "http://www.example.com/x");
  CHECK(target_uri("", "//www.example.com") == "http://www.example.com");
  CHECK(target_uri("", "c/d") == "c/d");
  CHECK(target_uri("", "") == "");
}

TEST_CASE("base_of: without the file", "[antispam]") {
  CHECK(base_of("http://example.org/a/index.html") == "http://example.org/a/");
  CHECK(base_of("http://example.org") == "http://example.org/");
  CHECK(base_of("mailto:a@example.org") == "");
}

}  // namespace
}  // namespace postern::antispam
