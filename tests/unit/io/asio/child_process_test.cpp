#include "lib/io/asio/child_process.hpp"

#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <optional>

#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

using namespace std::chrono_literals;
using Cause = ChildEnd::Cause;

constexpr ChildLimits generous{30s, 100'000};

// Runs it to its end; nothing when that does not come.
std::optional<ChildEnd> run(const std::vector<std::string>& words, const ChildLimits& limits) {
  EventLoop loop;
  std::optional<ChildEnd> ended;
  const auto child = ChildProcess::start(loop, words, limits, [&](ChildEnd end) {
    ended = std::move(end);
    loop.stop();
  });
  REQUIRE(child);
  CHECK_FALSE(ended);
  const auto guard = loop.after(60s, [&loop] { loop.stop(); });
  loop.run();
  return ended;
}

std::optional<ChildEnd> run_shell(const std::string& script, const ChildLimits& limits = generous) {
  return run({"/bin/sh", "-c", script}, limits);
}

TEST_CASE("ChildProcess: output and status", "[process]") {
  const auto good = run_shell("printf 'a\\nb'; echo lost >&2");
  REQUIRE(good);
  CHECK((good->cause == Cause::exited && good->status == 0));
  CHECK(good->output == "a\nb");
  const auto bad = run_shell("echo sorry; exit 3");
  REQUIRE(bad);
  CHECK((bad->cause == Cause::exited && bad->status == 3));
  CHECK(bad->output == "sorry\n");
  const auto killed = run_shell("kill -SEGV $$");
  REQUIRE(killed);
  CHECK((killed->cause == Cause::signalled && killed->status == SIGSEGV));
}

TEST_CASE("ChildProcess: as much output as is allowed, and no more", "[process][security]") {
  const auto most = run_shell("head -c 100000 /dev/zero");
  REQUIRE(most);
  CHECK((most->cause == Cause::exited && most->output.size() == generous.output));
  const auto more = run_shell("head -c 100001 /dev/zero");
  REQUIRE(more);
  CHECK((more->cause == Cause::talkative && more->output.size() == generous.output));
  const auto endless = run({"/bin/cat", "/dev/zero"}, generous);
  REQUIRE(endless);
  CHECK((endless->cause == Cause::talkative && endless->status == SIGKILL));
}

TEST_CASE("ChildProcess: it is killed at its deadline, whatever it does", "[process][security]") {
  const std::string script =
      GENERATE(as<std::string>{}, "trap '' TERM; exec sleep 600", "exec >&-; exec sleep 600",
               "while :; do echo; sleep 0.01; done");
  CAPTURE(script);
  const auto late = run_shell(script, {200ms, 100'000});
  REQUIRE(late);
  CHECK((late->cause == Cause::late && late->status == SIGKILL));
}

TEST_CASE("ChildProcess: a grandchild that keeps the output is not waited for", "[process]") {
  const auto end = run_shell("sleep 5 & printf done");
  REQUIRE(end);
  CHECK(end->output == "done");
}

TEST_CASE("ChildProcess: one that goes takes its process with it", "[process]") {
  EventLoop loop;
  bool called = false;
  auto child = ChildProcess::start(loop, {"/bin/sleep", "600"}, generous,
                                   [&](const ChildEnd&) { called = true; });
  REQUIRE(child);
  child->reset();
  // None is left, not even as a zombie.
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
  CHECK(errno == ECHILD);
  loop.post([&loop] { loop.stop(); });
  loop.run();
  CHECK_FALSE(called);
}

TEST_CASE("ChildProcess: Done may let go of it", "[process]") {
  EventLoop loop;
  std::unique_ptr<ChildProcess> child;
  auto started = ChildProcess::start(loop, {"/bin/true"}, generous, [&](const ChildEnd&) {
    child.reset();
    loop.stop();
  });
  REQUIRE(started);
  child = std::move(*started);
  loop.run();
  CHECK(child == nullptr);
}

TEST_CASE("ChildProcess: a program that cannot be run", "[process]") {
  EventLoop loop;
  const auto start = [&](const std::string& program) {
    return ChildProcess::start(loop, {program}, generous, [](const ChildEnd&) {});
  };
  CHECK(start("/nonexistent/program").error() == "No such file or directory");
  CHECK(start("/etc/passwd").error() == "Permission denied");
}

}  // namespace
}  // namespace postern::io
