#include "lib/io/magic/magic_types.hpp"

#include <thread>
#include <vector>

#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

TEST_CASE("MagicTypes: types by octets", "[io][magic]") {
  const auto types = MagicTypes::open();
  REQUIRE(types);
  CHECK((*types)->type_of("%PDF-1.4\n") == "application/pdf");
  CHECK((*types)->type_of("GIF89a" + std::string(20, 1)) == "image/gif");
  CHECK((*types)->type_of("just text").empty());
  CHECK((*types)->type_of("").empty());
}

TEST_CASE("MagicTypes: without a database it says why, and knows nothing", "[io][magic]") {
  const auto types = MagicTypes::open("/nonexistent/magic");
  REQUIRE_FALSE(types);
  CHECK(types.error().find("/nonexistent/magic.mgc") != std::string::npos);
  CHECK(types.error().find("libmagic-mgc") != std::string::npos);
  CHECK(MagicTypes("/nonexistent/magic").type_of("%PDF-1.4\n").empty());
}

TEST_CASE("MagicTypes: threads ask at once", "[io][magic]") {
  const auto types = MagicTypes::open();
  REQUIRE(types);
  std::vector<std::thread> threads;
  std::vector<std::string> found(8);
  for (std::string& type : found) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) type = (*types)->type_of("%PDF-1.4\n");
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(found == std::vector<std::string>(8, "application/pdf"));
}

}  // namespace
}  // namespace postern::io
