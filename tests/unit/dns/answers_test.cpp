#include "lib/dns/answers.hpp"

#include "tests/support/catch.hpp"

namespace postern::dns {
namespace {

Answer text_answer(std::string text) {
  Answer answer;
  answer.status = Status::success;
  answer.texts.push_back(std::move(text));
  return answer;
}

TEST_CASE("Answers: the first answer to a question stays", "[dns]") {
  Answers answers;
  answers.add({"example.org", Type::txt}, text_answer("first"));
  answers.add({"example.org", Type::txt}, text_answer("second"));
  REQUIRE(answers.find("example.org", Type::txt) != nullptr);
  CHECK(answers.find("example.org", Type::txt)->texts.front() == "first");
  CHECK(answers.find("example.org", Type::mx) == nullptr);
}

TEST_CASE("Lookups: what is not known is missing, and everything is counted once", "[dns]") {
  Answers answers;
  answers.add({"known.example", Type::txt}, text_answer("x"));
  Lookups lookups(answers);
  CHECK(lookups.find("known.example", Type::txt) != nullptr);
  CHECK_FALSE(lookups.has_missing());
  CHECK(lookups.find("new.example", Type::txt) == nullptr);
  lookups.expect("new.example", Type::txt);
  CHECK(lookups.missing() == Questions{{"new.example", Type::txt}});
  CHECK(lookups.count() == 2);
}

}  // namespace
}  // namespace postern::dns
