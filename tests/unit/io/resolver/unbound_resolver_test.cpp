#include "lib/io/resolver/unbound_resolver.hpp"

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/unit/io/resolver/fake_server.hpp"

namespace postern::io {
namespace {

using dns::Status;
using dns::Type;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

std::unique_ptr<Resolver> resolver_for(const std::string& server, HealthCallback on_health = {}) {
  UnboundSettings settings;
  settings.servers = {server};
  auto resolver = make_unbound_resolver(settings, std::move(on_health));
  if (!resolver) FAIL(resolver.error());
  return std::move(*resolver);
}

dns::Answer ask(Resolver& resolver, const std::string& name, const Budget& budget = {}) {
  const auto inquiry = resolver.inquiry(budget);
  inquiry->ask({{name, Type::txt}});
  dns::Answers answers;
  inquiry->wait(answers);
  const dns::Answer* answer = answers.find(name, Type::txt);
  REQUIRE(answer != nullptr);
  return *answer;
}

TEST_CASE("UnboundResolver: answers, and knows them the next time", "[resolver]") {
  const FakeServer server;
  const auto resolver = resolver_for(server.address());
  CHECK(ask(*resolver, "one.example.org").texts == std::vector<std::string>{"hello"});
  const unsigned queries = server.queries();
  CHECK(ask(*resolver, "one.example.org").texts == std::vector<std::string>{"hello"});
  CHECK(ask(*resolver, "nx.example.org").status == Status::nxdomain);
  CHECK(ask(*resolver, "nx.example.org").status == Status::nxdomain);
  CHECK(server.queries() == queries + 1);
  const ResolverStatistics statistics = resolver->statistics();
  CHECK(statistics.questions == 4);
  CHECK(statistics.cache_hits == 2);
  CHECK(statistics.open == 0);
}

TEST_CASE("UnboundResolver: names of any octets are asked as they are", "[resolver][security]") {
  const FakeServer server;
  const auto resolver = resolver_for(server.address());
  const std::string odd("a\\b \0\xff(.example.org", 19);
  CHECK(ask(*resolver, odd).texts == std::vector<std::string>{"hello"});
  CHECK(ask(*resolver, "Upper.example.org").status == Status::servfail);
  CHECK(ask(*resolver, "two..dots").status == Status::servfail);
}

TEST_CASE("UnboundResolver: the same question of many inquiries is sent once", "[resolver]") {
  const FakeServer server;
  const auto resolver = resolver_for(server.address());
  std::vector<std::thread> threads;
  std::atomic<unsigned> answered{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const auto inquiry = resolver->inquiry({});
      dns::Answers answers;
      for (int round = 0; round < 20; ++round) {
        inquiry->ask({{"late" + std::to_string(round) + ".example.org", Type::txt}});
      }
      inquiry->wait(answers);
      for (int round = 0; round < 20; ++round) {
        const auto* answer =
            answers.find("late" + std::to_string(round) + ".example.org", Type::txt);
        if (answer != nullptr && answer->status == Status::success) ++answered;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(answered == 160);
  CHECK(server.queries() == 20);
}

TEST_CASE("UnboundResolver: a silent server costs the deadline, the next question nothing",
          "[resolver][security]") {
  const FakeServer server;
  const auto resolver = resolver_for(server.address());
  Budget budget;
  budget.question = milliseconds(200);
  const auto start = Clock::now();
  CHECK(ask(*resolver, "silent.example.org", budget).status == Status::timeout);
  CHECK(Clock::now() - start < milliseconds(1500));
  CHECK(ask(*resolver, "fine.example.org").status == Status::success);
}

TEST_CASE("UnboundResolver: ends at once with questions outstanding", "[resolver]") {
  const FakeServer server;
  std::atomic<int> changes{0};
  auto resolver = resolver_for(server.address(), [&](bool, const std::string&) { ++changes; });
  const auto waiting = resolver->inquiry({});
  const auto idle = resolver->inquiry({});
  for (int i = 0; i < 50; ++i) {
    waiting->ask({{"silent" + std::to_string(i) + ".example.org", Type::txt}});
  }
  dns::Answers answers;
  std::thread waiter([&] { waiting->wait(answers); });
  const auto start = Clock::now();
  resolver.reset();
  CHECK(Clock::now() - start < milliseconds(1000));
  waiter.join();
  CHECK(Clock::now() - start < milliseconds(1000));
  CHECK(answers.size() == 50);
  CHECK(changes == 0);
  SECTION("an inquiry that outlives it gets timeouts") {
    idle->ask({{"more.example.org", Type::txt}});
    idle->wait(answers);
    CHECK(answers.find("more.example.org", Type::txt)->status == Status::timeout);
  }
}

TEST_CASE("UnboundResolver: more open questions than allowed are refused", "[resolver][security]") {
  const FakeServer server;
  UnboundSettings settings;
  settings.servers = {server.address()};
  settings.max_open_questions = 5;
  const auto resolver = make_unbound_resolver(settings, {});
  REQUIRE(resolver.has_value());
  const auto inquiry = (*resolver)->inquiry({});
  for (int i = 0; i < 8; ++i) {
    inquiry->ask({{"silent" + std::to_string(i) + ".example.org", Type::txt}});
  }
  dns::Answers answers;
  inquiry->collect(answers);
  CHECK(answers.size() == 3);
  CHECK((*resolver)->statistics().refused == 3);
}

TEST_CASE("UnboundResolver: an outage and its end are reported once each", "[resolver]") {
  const FakeServer server;
  std::mutex mutex;
  std::vector<bool> changes;
  const auto resolver = resolver_for(server.address(), [&](bool up, const std::string&) {
    const std::lock_guard lock(mutex);
    changes.push_back(up);
  });
  const auto wait_until = [&](bool down) {
    const auto deadline = Clock::now() + std::chrono::seconds(5);
    while (resolver->is_down() != down && Clock::now() < deadline) std::this_thread::yield();
    CHECK(resolver->is_down() == down);
  };
  CHECK_FALSE(resolver->is_down());
  for (const char* name :
       {"fail.example.org", "fail.example.net", "fail.example.com", "fail.example.edu"}) {
    ask(*resolver, name);
  }
  wait_until(true);
  for (const char* name : {"one.example.org", "two.example.org"}) ask(*resolver, name);
  wait_until(false);
  const auto deadline = Clock::now() + std::chrono::seconds(5);
  const auto count = [&] {
    const std::lock_guard lock(mutex);
    return changes.size();
  };
  while (count() < 2 && Clock::now() < deadline) std::this_thread::yield();
  const std::lock_guard lock(mutex);
  CHECK(changes == std::vector<bool>{false, true});
}

TEST_CASE("make_unbound_resolver: settings that are wrong are refused with a reason",
          "[resolver]") {
  UnboundSettings settings;
  settings.servers = {"not an address"};
  const auto resolver = make_unbound_resolver(settings, {});
  REQUIRE_FALSE(resolver.has_value());
  CHECK(resolver.error().find("not an address") != std::string::npos);
}

TEST_CASE("make_unbound_resolver: starts without resolv.conf and trust anchor", "[resolver]") {
  UnboundSettings settings;
  settings.resolv_conf = "/nonexistent/resolv.conf";
  settings.dnssec = true;
  settings.trust_anchor_file = "/nonexistent/root.key";
  CHECK(make_unbound_resolver(settings, {}).has_value());
  settings.servers = {"recursive"};
  CHECK(make_unbound_resolver(settings, {}).has_value());
}

}  // namespace
}  // namespace postern::io
