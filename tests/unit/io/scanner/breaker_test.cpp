#include "lib/io/scanner/breaker.hpp"

#include "tests/support/catch.hpp"

namespace postern::io {

using namespace std::chrono_literals;

TEST_CASE("Breaker: tells when failing begins and when it ends", "[scanner]") {
  Breaker breaker;
  const Breaker::Time now{1h};
  CHECK(breaker.note_answer() == Breaker::Change::none);
  CHECK(breaker.is_known_to_answer());
  CHECK(breaker.note_failure(now, false, "a") == Breaker::Change::failing);
  CHECK(breaker.note_failure(now, false, "b") == Breaker::Change::none);
  CHECK(breaker.problem() == "b");
  CHECK_FALSE(breaker.is_known_to_answer());
  CHECK(breaker.note_answer() == Breaker::Change::answering);
  CHECK(breaker.note_answer() == Breaker::Change::none);
  CHECK(breaker.problem().empty());
}

TEST_CASE("Breaker: who refuses at once is always asked", "[scanner]") {
  Breaker breaker;
  const Breaker::Time now{1h};
  (void)breaker.note_failure(now, false, "refused");
  CHECK(breaker.may_ask(now));
  CHECK(breaker.may_ask(now));
}

TEST_CASE("Breaker: who was waited for in vain is left alone, then asked by one", "[scanner]") {
  Breaker breaker;
  const Breaker::Time now{1h};
  CHECK(breaker.may_ask(now));
  (void)breaker.note_failure(now, true, "late");
  CHECK_FALSE(breaker.may_ask(now + Breaker::pause - 1ms));
  CHECK(breaker.may_ask(now + Breaker::pause));
  CHECK_FALSE(breaker.may_ask(now + Breaker::pause));
  CHECK(breaker.may_ask(now + 2 * Breaker::pause));  // the one that tried has not come back
  CHECK_FALSE(breaker.may_ask(now + 2 * Breaker::pause));
  breaker.end_pause();
  CHECK(breaker.may_ask(now + 2 * Breaker::pause));
  CHECK(breaker.note_answer() == Breaker::Change::answering);
}

}  // namespace postern::io
