#include "lib/store/memory_store.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/store/store_suite.hpp"

namespace postern::store {
namespace {

struct MemoryFixture final : test::StoreFixture {
  Store& store() override { return memory; }
  MemoryStore memory;
};

TEST_CASE("MemoryStore: operations", "[store]") {
  MemoryFixture fixture;
  test::check_operations(fixture);
}

TEST_CASE("MemoryStore: lifetimes", "[store]") {
  MemoryFixture fixture;
  test::check_lifetimes(fixture);
}

}  // namespace
}  // namespace postern::store
