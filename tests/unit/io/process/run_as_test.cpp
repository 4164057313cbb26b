#include "lib/io/process/run_as.hpp"

#include <unistd.h>

#include <csignal>

#include "lib/io/process/users.hpp"
#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

using Catch::Matchers::Contains;

TEST_CASE("run_as: the work is another user's, and gives back its status", "[io][security]") {
  if (::geteuid() != 0) {
    WARN("skipped: needs root to become somebody else");
    return;
  }
  const auto nobody = find_user("nobody");
  REQUIRE(nobody);
  CHECK(run_as("nobody", [&] {
          uid_t real = 0, effective = 0, saved = 0;
          const bool is_for_good = ::getresuid(&real, &effective, &saved) == 0 &&
                                   real == nobody->user && effective == real && saved == real &&
                                   ::getgroups(0, nullptr) == 0 && ::getegid() == nobody->group &&
                                   ::setuid(0) != 0;
          return is_for_good ? 7 : 1;
        }) == 7);
  CHECK(::geteuid() == 0);
  CHECK_THAT(run_as("nobody", [] { return ::raise(SIGKILL); }).error(), Contains("signal 9"));
}

TEST_CASE("find_user, owner_of: names and numbers", "[io]") {
  CHECK(find_user("root")->user == 0);
  CHECK_THAT(find_user("nobody-of-that-name").error(), Contains("adduser --system"));
  CHECK(owner_of("/").value() == "root");
  CHECK_FALSE(owner_of("/nonexistent/x").value());
}

}  // namespace
}  // namespace postern::io
