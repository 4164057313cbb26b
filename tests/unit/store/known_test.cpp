#include "lib/store/known.hpp"

#include "tests/support/catch.hpp"

namespace postern::store {
namespace {

TEST_CASE("Wants: what is not known is noted as missing, in the order of asking", "[store]") {
  const Operation add = Add{"n", 1, Lifetime(1000)};
  const Operation get = Get{"a"};
  const Operation other = Get{"b"};
  Known known;
  known.add(add, Number{4});
  known.add(add, Number{5});
  Wants wants(known);
  CHECK(wants.find(get) == nullptr);
  REQUIRE(wants.find(add) != nullptr);
  CHECK(std::get<Number>(*wants.find(add)).number == 4);
  CHECK(wants.find(other) == nullptr);
  CHECK((wants.missing() == std::vector<Operation>{get, other}));
  CHECK(known.find(Add{"n", 2, Lifetime(1000)}) == nullptr);
}

}  // namespace
}  // namespace postern::store
