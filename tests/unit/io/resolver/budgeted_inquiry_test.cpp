#include "lib/io/resolver/budgeted_inquiry.hpp"

#include <thread>

#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

using dns::Status;
using dns::Type;
using std::chrono::milliseconds;

// Delivers "known…" at once; keeps the rest until the test delivers it.
class ScriptedSource final : public AnswerSource {
 public:
  void submit(const dns::Questions& questions, const std::shared_ptr<Mailbox>& to,
              Effort effort) override {
    mailbox = to;
    for (const dns::Question& question : questions) {
      asked.push_back(question);
      if (question.name.rfind("known", 0) == 0)
        deliver(question);
      else if (effort == Effort::only_known)
        to->deliver({{question, failed_answer(Status::timeout)}});
    }
  }
  void deliver(const dns::Question& question) {
    mailbox->deliver({{question, failed_answer(Status::nxdomain)}});
  }

  std::shared_ptr<Mailbox> mailbox;
  dns::Questions asked;
};

struct Fixture {
  std::shared_ptr<ScriptedSource> source = std::make_shared<ScriptedSource>();
  dns::Answers answers;

  [[nodiscard]] Status status_of(const char* name) const {
    const dns::Answer* answer = answers.find(name, Type::txt);
    REQUIRE(answer != nullptr);
    return answer->status;
  }
};

TEST_CASE("Inquiry: asks each question once and collects without waiting", "[resolver]") {
  Fixture f;
  BudgetedInquiry inquiry(f.source, {});
  inquiry.ask({{"known", Type::txt}, {"later", Type::txt}, {"known", Type::txt}});
  inquiry.ask({{"known", Type::txt}});
  CHECK(inquiry.asked() == 2);
  CHECK(f.source->asked.size() == 2);
  CHECK(inquiry.collect(f.answers));
  CHECK(f.answers.size() == 1);
  CHECK_FALSE(inquiry.collect(f.answers));
  f.source->deliver({"later", Type::txt});
  CHECK(inquiry.collect(f.answers));
  inquiry.wait(f.answers);
  CHECK(inquiry.waited() == milliseconds(0));
}

TEST_CASE("Inquiry: wait ends with the last answer", "[resolver]") {
  Fixture f;
  BudgetedInquiry inquiry(f.source, {});
  inquiry.ask({{"one", Type::txt}, {"two", Type::txt}});
  std::thread other([&] {
    f.source->deliver({"two", Type::txt});
    std::this_thread::sleep_for(milliseconds(30));
    f.source->deliver({"one", Type::txt});
  });
  inquiry.wait(f.answers);
  other.join();
  CHECK(f.status_of("one") == Status::nxdomain);
  CHECK(f.status_of("two") == Status::nxdomain);
  CHECK(inquiry.waited() < milliseconds(2000));
}

TEST_CASE("Inquiry: a question past its deadline is a timeout, and stays one", "[resolver]") {
  Fixture f;
  Budget budget;
  budget.question = milliseconds(40);
  BudgetedInquiry inquiry(f.source, budget);
  inquiry.ask({{"never", Type::txt}, {"known", Type::txt}});
  inquiry.wait(f.answers);
  CHECK(f.status_of("never") == Status::timeout);
  CHECK(f.status_of("known") == Status::nxdomain);
  CHECK(inquiry.waited() >= milliseconds(30));
  f.source->deliver({"never", Type::txt});
  CHECK_FALSE(inquiry.collect(f.answers));
  CHECK(f.status_of("never") == Status::timeout);
}

TEST_CASE("Inquiry: the budget holds over all calls of wait", "[resolver][security]") {
  Fixture f;
  Budget budget;
  budget.total = milliseconds(100);
  budget.question = milliseconds(60);
  BudgetedInquiry inquiry(f.source, budget);
  const auto start = Clock::now();
  for (int i = 0; i < 20; ++i) {
    inquiry.ask({{"never" + std::to_string(i), Type::txt}});
    inquiry.wait(f.answers);
  }
  CHECK(f.answers.size() == 20);
  CHECK(inquiry.waited() >= milliseconds(100));
  CHECK(Clock::now() - start < milliseconds(1000));
  SECTION("what is known is still answered afterwards") {
    inquiry.ask({{"known", Type::txt}});
    inquiry.wait(f.answers);
    CHECK(f.status_of("known") == Status::nxdomain);
  }
}

TEST_CASE("Inquiry: questions over the limit are refused and the limit shows",
          "[resolver][security]") {
  for (const unsigned count : {2U, 3U, 4U}) {
    Fixture f;
    Budget budget;
    budget.questions = 3;
    BudgetedInquiry inquiry(f.source, budget);
    for (unsigned i = 0; i < count; ++i) inquiry.ask({{"known" + std::to_string(i), Type::txt}});
    inquiry.wait(f.answers);
    CHECK(inquiry.limit_hit() == (count > 3));
    CHECK(inquiry.asked() == std::min(count, 3U));
    CHECK(f.answers.size() == count);
    if (count > 3) CHECK(f.status_of("known3") == Status::not_asked);
  }
}

TEST_CASE("Inquiry: the last few are not waited for as long as all", "[resolver]") {
  const auto waited_for_one_of = [](int count) {
    Fixture f;
    Budget budget;
    budget.question = milliseconds(1'000);
    budget.least = milliseconds(100);
    BudgetedInquiry inquiry(f.source, budget);
    dns::Questions questions = {{"never", Type::txt}};
    for (int i = 1; i < count; ++i) questions.push_back({"known" + std::to_string(i), Type::txt});
    inquiry.ask(questions);
    inquiry.wait(f.answers);
    CHECK(f.status_of("never") == Status::timeout);
    return inquiry.waited();
  };
  CHECK(waited_for_one_of(1) >= milliseconds(950));
  const auto half = waited_for_one_of(2);  // a quarter of the way
  CHECK(half >= milliseconds(700));
  CHECK(half < milliseconds(950));
  const auto few = waited_for_one_of(100);
  CHECK(few >= milliseconds(90));
  CHECK(few < milliseconds(500));
}

TEST_CASE("Inquiry: an answer that comes after its end does no harm", "[resolver]") {
  Fixture f;
  {
    BudgetedInquiry inquiry(f.source, {});
    inquiry.ask({{"later", Type::txt}});
  }
  f.source->deliver({"later", Type::txt});
  CHECK(f.answers.size() == 0);
}

}  // namespace
}  // namespace postern::io
