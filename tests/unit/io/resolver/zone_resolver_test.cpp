#include "lib/io/resolver/zone_resolver.hpp"

#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

TEST_CASE("ZoneResolver: answers at once, timeouts included", "[resolver]") {
  auto zone =
      dns::parse_zone(R"({"example.org": {"TXT": ["hello"]}, "t.example": {"TIMEOUT": true}})");
  REQUIRE(zone.has_value());
  const auto resolver = make_zone_resolver(std::move(*zone));
  const auto inquiry = resolver->inquiry({});
  dns::Answers answers;
  inquiry->ask({{"example.org", dns::Type::txt},
                {"t.example", dns::Type::txt},
                {"none.example", dns::Type::txt}});
  CHECK(inquiry->collect(answers));
  REQUIRE(answers.size() == 3);
  CHECK(answers.find("example.org", dns::Type::txt)->texts.front() == "hello");
  CHECK(answers.find("t.example", dns::Type::txt)->status == dns::Status::timeout);
  CHECK(answers.find("none.example", dns::Type::txt)->status == dns::Status::nxdomain);
  CHECK(inquiry->waited() == std::chrono::milliseconds(0));
  CHECK(resolver->statistics().questions == 3);
}

}  // namespace
}  // namespace postern::io
