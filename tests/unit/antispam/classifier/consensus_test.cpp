#include "lib/antispam/classifier/consensus.hpp"

#include "tests/support/catch.hpp"

namespace postern::antispam {
namespace {

TEST_CASE("consensus: in proportion to those who teach", "[antispam]") {
  CHECK(consensus({1, 0}, 1) == MailClass::spam);
  CHECK(consensus({0, 1}, 1) == MailClass::ham);
  CHECK(consensus({1, 0}, 2) == std::nullopt);
  CHECK(consensus({2, 0}, 40) == MailClass::spam);
  CHECK(consensus({2, 0}, 41) == std::nullopt);
  CHECK(consensus({50, 0}, 1000) == MailClass::spam);
  CHECK(consensus({49, 0}, 1000) == std::nullopt);
}

TEST_CASE("consensus: none where users disagree", "[antispam]") {
  CHECK(consensus({3, 1}, 20) == MailClass::spam);
  CHECK(consensus({5, 2}, 20) == std::nullopt);
  CHECK(consensus({1, 3}, 20) == MailClass::ham);
  CHECK(consensus({0, 0}, 20) == std::nullopt);
}

}  // namespace
}  // namespace postern::antispam
