#include "lib/keyring/life_cycle.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/keyring.hpp"

namespace postern::keyring {
namespace {

using Type = dkim::PublicKey::Type;
using std::chrono::hours;
using std::chrono::seconds;
using test::made_up_key;
using test::make_index;

constexpr std::int64_t now = 1'795'305'600;  // 2026-11-22
constexpr std::int64_t day = 86'400;

// New records count at once, since most tests are about other things.
constexpr Patience at_once{seconds(0), default_retire_after};

void publish(dns::Answers& answers, const Key& key) {
  dns::Answer answer;
  answer.status = dns::Status::success;
  answer.texts = {key.record};
  answers.add({key.record_name(), dns::Type::txt}, std::move(answer));
}

void deny(dns::Answers& answers, const Key& key, dns::Status status) {
  dns::Answer answer;
  answer.status = status;
  answers.add({key.record_name(), dns::Type::txt}, std::move(answer));
}

std::string told(const std::vector<Step>& steps) {
  std::string text;
  for (const Step& step : steps) {
    text += (text.empty() ? "" : " ") + std::string(to_word(step.what)) + ":" + step.key.selector;
  }
  return text;
}

TEST_CASE("new_selector: the day, the type, and a letter when that is taken", "[keyring]") {
  Index index = make_index({made_up_key("example.org", "20261122r")});
  CHECK(*new_selector(index, "example.org", Type::ed25519, now, {}) == "20261122e");
  CHECK(*new_selector(index, "example.com", Type::rsa, now, {}) == "20261122r");
  CHECK(*new_selector(index, "example.org", Type::rsa, now, {}) == "20261122rb");
  CHECK(*new_selector(index, "example.org", Type::rsa, now, [](const std::string& selector) {
    return selector == "20261122rb";
  }) == "20261122rc");
  CHECK_FALSE(
      new_selector(index, "example.org", Type::rsa, now, [](const std::string&) { return true; }));
  CHECK(*new_selector(index, "example.org", Type::rsa, 0, {}) == "19700101r");
  CHECK(*new_selector(index, "example.org", Type::rsa, max_time, {}) == "99991231r");
}

TEST_CASE("advance: a pending key signs when DNS answers its record, and not before", "[keyring]") {
  const Key old_key = made_up_key("example.org", "old", State::active, now - 90 * day);
  const Key other_type = made_up_key("example.org", "olde", State::active, now - 90 * day);
  const Key fresh = made_up_key("example.org", "new", State::pending, now - day);
  for (const auto status :
       {dns::Status::nxdomain, dns::Status::no_data, dns::Status::servfail, dns::Status::timeout}) {
    Index index = make_index({old_key, fresh});
    dns::Answers answers;
    deny(answers, fresh, status);
    publish(answers, old_key);
    CHECK(told(advance(index, now, at_once, answers)) == "waiting:new");
    CHECK(index == make_index({old_key, fresh}));
  }
  Index index = make_index({old_key, other_type, fresh});
  CHECK(advance(index, now, at_once, dns::Answers()).empty());  // nothing was asked
  dns::Answers answers;
  for (const Key& key : index.keys()) publish(answers, key);
  CHECK(told(advance(index, now, at_once, answers)) == "activated:new retired:old");
  CHECK(index.find("example.org", "new")->state == State::active);
  CHECK(index.find("example.org", "new")->activated == now);
  CHECK(index.find("example.org", "old")->state == State::retired);
  CHECK(index.find("example.org", "old")->retired == now);
  CHECK(index.find("example.org", "olde")->state == State::active);
  CHECK(advance(index, now, at_once, answers).empty());
}

TEST_CASE("advance: at every moment some key signs, and only published ones", "[keyring]") {
  Index index = make_index({made_up_key("example.org", "a", State::active, now),
                            made_up_key("example.org", "b", State::pending, now),
                            made_up_key("example.org", "c", State::pending, now + 1)});
  dns::Answers answers;
  for (const Key& key : index.keys()) publish(answers, key);
  CHECK(told(advance(index, now, at_once, answers)) ==
        "activated:b retired:a activated:c retired:b");
  CHECK(index.find("example.org", "c")->state == State::active);
}

TEST_CASE("advance: a retired key is dropped after its time, not before", "[keyring]") {
  const Key retired = made_up_key("example.org", "old", State::retired, now - 30 * day);
  Index index = make_index({retired, made_up_key("example.org", "r", State::revoked, 0)});
  dns::Answers answers;
  CHECK(advance(index, now - 1, at_once, answers).empty());
  CHECK(advance(index, 0, at_once, answers).empty());  // a clock that was set back
  const auto steps = advance(index, now, at_once, answers);
  REQUIRE(told(steps) == "dropped:old");
  CHECK(steps[0].remedy == "Delete the TXT record old._domainkey.example.org from DNS");
  CHECK(index.find("example.org", "old") == nullptr);
  CHECK(index.keys().size() == 1);  // a revoked key is only removed by hand
  REQUIRE(index.find_used("example.org", "old", now) != nullptr);
}

TEST_CASE("advance: a key signs when its record was right for the time to settle", "[keyring]") {
  const Key fresh = made_up_key("example.org", "new", State::pending, now - day);
  const Key old_key = made_up_key("example.org", "old", State::active, now - day);
  Index index = make_index({fresh, old_key});
  dns::Answers right;
  publish(right, fresh);
  dns::Answers absent;
  deny(absent, fresh, dns::Status::nxdomain);
  dns::Answers failed;
  deny(failed, fresh, dns::Status::servfail);
  struct Row {
    std::int64_t at;  // minutes
    const dns::Answers& answers;
    std::string_view told;
  };
  const Row rows[] = {
      {0, absent, "waiting:new"},
      {10, right, "settling:new"},
      {69, right, "settling:new"},
      {70, absent, "waiting:new"},  // it was not everywhere
      {80, right, "settling:new"},
      {139, right, "settling:new"},
      {141, failed, "waiting:new"},  // nobody knows: neither signs nor begins anew
      {142, right, "activated:new retired:old"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.at);
    CHECK(told(advance(index, now + 60 * row.at, Patience(), row.answers)) == row.told);
    CHECK(parse_index(format_index(index)).value() == index);
  }
  CHECK_FALSE(index.find("example.org", "new")->seen);
}

TEST_CASE("advance: a clock that was set back does not let a key wait for long", "[keyring]") {
  Key fresh = made_up_key("example.org", "new", State::pending, now);
  fresh.seen = now + 10 * day;
  Index index = make_index({fresh});
  dns::Answers right;
  publish(right, fresh);
  CHECK(told(advance(index, now, Patience(), right)) == "settling:new");
  CHECK(told(advance(index, now + 3600, Patience(), right)) == "activated:new");
}

TEST_CASE("remove: its selector is not for another key for a while", "[keyring]") {
  Index index = make_index({made_up_key("example.org", "20261122r")});
  REQUIRE(remove(index, "example.org", "20261122r", now));
  CHECK(*new_selector(index, "example.org", Type::rsa, now, {}) == "20261122rb");
  CHECK(*new_selector(index, "example.com", Type::rsa, now, {}) == "20261122r");
  const auto again = parse_index(format_index(index));
  REQUIRE(again);
  CHECK(*again == index);
  const std::int64_t later = now + used_selector_seconds;
  CHECK(index.find_used("example.org", "20261122r", later - 1) != nullptr);
  CHECK(index.find_used("example.org", "20261122r", later) == nullptr);
  index.add_used({"example.org", "other", later + day}, later);
  CHECK(index.used().size() == 1);  // what is over is forgotten
}

TEST_CASE("advance: a key in use goes on when its record is gone, and that is told", "[keyring]") {
  const Key active = made_up_key("example.org", "a", State::active, now);
  const Key retired = made_up_key("example.org", "b", State::retired, now);
  Index index = make_index({active, retired});
  dns::Answers answers;
  deny(answers, active, dns::Status::nxdomain);
  deny(answers, retired, dns::Status::servfail);
  CHECK(told(advance(index, now, at_once, answers)) == "unsound:a unsound:b");
  CHECK(index == make_index({active, retired}));
}

TEST_CASE("advance_questions: all keys but the revoked", "[keyring]") {
  const Index index = make_index({made_up_key("example.org", "a", State::active),
                                  made_up_key("example.org", "b", State::revoked)});
  CHECK(advance_questions(index).size() == 2);
}

TEST_CASE("rotations: one for each type that signs; a pending key is enough", "[keyring]") {
  const Index index = make_index({made_up_key("example.org", "a", State::active, now - 10 * day),
                                  made_up_key("example.org", "be", State::active, now - day),
                                  made_up_key("example.org", "ce", State::pending, now),
                                  made_up_key("example.com", "d", State::pending, now)});
  const auto all = rotations(index, "example.org", now);
  REQUIRE(all.size() == 2);
  CHECK(all[0].active == "a");
  CHECK(all[0].pending.empty());
  CHECK(all[1].active == "be");
  CHECK(all[1].pending == "ce");
  CHECK(rotations(index, "example.org", now, hours(24 * 5)).size() == 1);
  CHECK(rotations(index, "example.org", now, hours(24 * 11)).empty());
  CHECK(rotations(index, "example.com", now).empty());
  CHECK(domains(index) == std::vector<std::string>{"example.com", "example.org"});
}

TEST_CASE("activate, retire, revoke, remove: only from states where they make sense", "[keyring]") {
  enum class Change { activate, retire, revoke, remove };
  struct Row {
    Change change;
    State from;
    std::string_view problem;  // empty: it works
  };
  const Row rows[] = {
      {Change::activate, State::pending, ""},
      {Change::activate, State::active, "example.org, selector s is active already"},
      {Change::activate, State::retired, ""},
      {Change::activate, State::revoked,
       "example.org, selector s is revoked, and its private key is destroyed"},
      {Change::retire, State::pending,
       "example.org, selector s is pending; only an active key can be retired"},
      {Change::retire, State::active, ""},
      {Change::retire, State::retired,
       "example.org, selector s is retired; only an active key can be retired"},
      {Change::revoke, State::pending, ""},
      {Change::revoke, State::active, ""},
      {Change::revoke, State::retired, ""},
      {Change::revoke, State::revoked, "example.org, selector s is revoked already"},
      {Change::remove, State::pending, ""},
      {Change::remove, State::active,
       "example.org, selector s is active; retire or revoke it first"},
      {Change::remove, State::retired, ""},
      {Change::remove, State::revoked, ""},
  };
  for (const Row& row : rows) {
    const auto run = [&](Index& index, std::string_view selector) -> std::string {
      Expected<void, std::string> done;
      switch (row.change) {
        case Change::activate: {
          const auto activated = activate(index, "example.org", selector, now);
          return activated ? "" : activated.error();
        }
        case Change::retire: done = retire(index, "example.org", selector, now); break;
        case Change::revoke: done = revoke(index, "example.org", selector, now); break;
        case Change::remove: done = remove(index, "example.org", selector, now); break;
      }
      return done ? "" : done.error();
    };
    CAPTURE(static_cast<int>(row.change), to_word(row.from));
    Index index = make_index({made_up_key("example.org", "s", row.from)});
    CHECK(run(index, "t") == "example.org has no key with selector t; it has: s");
    CHECK(run(index, "s") == row.problem);
    CHECK(parse_index(format_index(index)));  // whatever happens, the index is in order
  }
}

TEST_CASE("activate: back from retirement", "[keyring]") {
  Index index = make_index({made_up_key("example.org", "a", State::retired, 5),
                            made_up_key("example.org", "b", State::active, 9)});
  CHECK(*activate(index, "example.org", "a", now) == std::vector<std::string>{"b"});
  CHECK(index.find("example.org", "a")->activated == now);
  CHECK_FALSE(index.find("example.org", "a")->retired);
  CHECK(no_such_key(index, "example.com", "x") == "there is no key for example.com");
}

}  // namespace
}  // namespace postern::keyring
