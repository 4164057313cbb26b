// Tables asked from an event loop.
#include "lib/io/postfix/table_worker.hpp"

#include <optional>

#include "tests/support/catch.hpp"
#include "tests/unit/io/postfix/postfix_folder.hpp"
#include "tests/unit/io/postfix/silent_server.hpp"

namespace postern::io {
namespace {

using namespace std::chrono_literals;
using recipients::Answer;
using Lookups = std::vector<recipients::Lookup>;
using Clock = std::chrono::steady_clock;

struct Scene {
  explicit Scene(const std::string& main_cf = "", std::chrono::milliseconds timeout = 20s,
                 std::chrono::milliseconds cache_time = 60s)
      : folder(main_cf) {
    TableSettings settings;
    settings.cache_time = cache_time;
    settings.config_directory = folder.path();
    settings.timeout = timeout;
    worker.emplace(loop, settings);
  }

  // Once: a loop that was stopped does not run again.
  std::vector<Answer> ask(const Lookups& lookups) {
    std::vector<Answer> answers;
    worker->run(lookups, [&](const Lookups& asked, std::vector<Answer> found) {
      CHECK(asked == lookups);
      answers = std::move(found);
      loop.stop();
    });
    loop.run();
    return answers;
  }

  PostfixFolder folder;
  EventLoop loop;
  std::optional<TableWorker> worker;
};

TEST_CASE("TableWorker: names come with the first request", "[io]") {
  if (!has_postmap()) return;
  Scene scene("recipient_delimiter = +\n");
  CHECK(scene.worker->names() == nullptr);
  CHECK(scene.ask({{"static:s", "a"}}).size() == 1);
  const auto names = scene.worker->names();
  REQUIRE(names != nullptr);
  CHECK(names->recipient_delimiter == "+");
  CHECK(scene.worker->names_problem().empty());
}

TEST_CASE("TableWorker: names that are old are read again when somebody needs them", "[io]") {
  if (!has_postmap()) return;
  Scene scene("recipient_delimiter = +\n", 20s, 1ms);
  CHECK(scene.worker->fresh_names() == nullptr);
  CHECK(scene.ask({}).empty());
  const auto names = scene.worker->names();
  REQUIRE(names != nullptr);
  std::this_thread::sleep_for(5ms);
  CHECK(scene.worker->fresh_names() == nullptr);
  CHECK(scene.worker->names() == names);
}

TEST_CASE("TableWorker: answers in the order of the lookups, in the loop's thread", "[io]") {
  if (!has_postmap()) return;
  Scene scene;
  const auto answers =
      scene.ask({{"inline:{a=1}", "b"}, {"fail:x", "a"}, {"inline:{a=1}", "a"}, {"static:s", "a"}});
  REQUIRE(answers.size() == 4);
  CHECK(answers[0].kind == Answer::Kind::missing);
  CHECK(answers[1].kind == Answer::Kind::failed);
  CHECK(answers[2].text == "1");
  CHECK(answers[3].text == "s");
}

TEST_CASE("TableWorker: who asks nothing waits for the names", "[io]") {
  if (!has_postmap()) return;
  Scene scene;
  CHECK(scene.ask({}).empty());
  CHECK(scene.worker->names() != nullptr);
}

TEST_CASE("TableWorker: that there are no names is known too", "[io]") {
  if (!has_postmap()) return;
  Scene scene("inet_protocols = ${nonsense\n");
  CHECK(scene.ask({}).empty());
  CHECK(scene.worker->names() == nullptr);
  CHECK_FALSE(scene.worker->names_problem().empty());
}

TEST_CASE("TableWorker: what is known is told at once", "[io]") {
  if (!has_postmap()) return;
  Scene scene;
  CHECK(scene.worker->find_known({{"static:s", "a"}}).empty());
  (void)scene.ask({{"static:s", "a"}});
  CHECK(scene.worker->find_known({{"static:s", "a"}}) ==
        std::vector<Answer>{{Answer::Kind::found, "s"}});
}

TEST_CASE("TableWorker: many who wait get each their own", "[io]") {
  if (!has_postmap()) return;
  Scene scene;
  int right = 0;
  int left = 500;
  for (int i = 0; i < 500; ++i) {
    const std::string value = std::to_string(i % 7);
    scene.worker->run({{"static:" + value, "key" + std::to_string(i)}, {"inline:{a=1}", "a"}},
                      [&, value](const Lookups&, const std::vector<Answer>& answers) {
                        if (answers.at(0).text == value && answers.at(1).text == "1") ++right;
                        if (--left == 0) scene.loop.stop();
                      });
  }
  scene.loop.run();
  CHECK(right == 500);
}

TEST_CASE("TableWorker: a table that hangs delays others once, and what is known never", "[io]") {
  if (!has_postmap()) return;
  Scene scene("", 1s);
  const SilentServer server(scene.folder.path("s"));
  REQUIRE(server.works());
  Clock::duration known{};
  int failures = 0;
  std::string other;
  Clock::time_point start;
  const auto ask_many = [&] {
    start = Clock::now();
    for (int i = 0; i < 30; ++i) {
      scene.worker->run({{server.table(), std::to_string(i)}},
                        [&](const Lookups&, const auto& answers) {
                          if (answers.at(0).kind == Answer::Kind::failed) ++failures;
                        });
    }
    scene.worker->run({{"static:known", "a"}},
                      [&](const Lookups&, const auto&) { known = Clock::now() - start; });
    scene.worker->run({{"static:other", "a"}}, [&](const Lookups&, const auto& answers) {
      other = answers.at(0).text;
      scene.loop.stop();
    });
  };
  scene.worker->run({{"static:known", "a"}}, [&](const Lookups&, const auto&) { ask_many(); });
  scene.loop.run();
  CHECK(other == "other");
  CHECK(Clock::now() - start < 10s);
  CHECK(known < 500ms);
  CHECK(failures == 30);
}

TEST_CASE("TableWorker: its end waits for one process, and calls nobody back", "[io]") {
  if (!has_postmap()) return;
  Scene scene("", 500ms);
  const SilentServer server(scene.folder.path("s"));
  const SilentServer second(scene.folder.path("s2"));
  REQUIRE(server.works());
  REQUIRE(second.works());
  (void)scene.ask({});
  bool was_called = false;
  scene.worker->run({{server.table(), "a"}, {second.table(), "a"}},
                    [&](const Lookups&, const auto&) { was_called = true; });
  std::this_thread::sleep_for(100ms);
  const auto start = Clock::now();
  scene.worker.reset();
  CHECK(Clock::now() - start < 900ms);
  CHECK_FALSE(was_called);
}

}  // namespace
}  // namespace postern::io
