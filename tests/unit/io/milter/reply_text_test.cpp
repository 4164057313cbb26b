#include "lib/io/milter/reply_text.hpp"

#include "tests/support/catch.hpp"

namespace postern::milter {
namespace {

TEST_CASE("to_reply_text: one printable line that is no format", "[milter][security]") {
  CHECK(to_reply_text("100% of\r\n250 ok\x80") == "100%% of??250 ok?");
  CHECK(to_reply_text(std::string(2000, 'a')).size() == max_reply_text_size);
}

}  // namespace
}  // namespace postern::milter
